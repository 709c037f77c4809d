//! Questions: answered from the store as of one instant, never queued, never the ground of a
//! decision. Like commands, they check what the actor may see.

use std::sync::Arc;

use tympan_core::card_pipeline::{CardPipeline, CardPreview};
use tympan_core::command::{Context, Preparation, Stop};
use tympan_core::commands::{
    LIST_AUDIT_EVENTS, LIST_IDENTITY_TYPES, LIST_USERS, PREVIEW_CARD, QUOTE, QueryLine,
    SHOW_CONFIGURATION,
};
use tympan_core::error::{Code, Error};
use tympan_core::ids::{Ids, UserId};
use tympan_core::ledger::{Quote, Quoted, shares};
use tympan_core::people::{
    Explanation, IdentityType, PreparedUser, ShownUser, UserDetails, UserReference, details_reads,
    explain, explain_reads, identity_types, look_up, look_up_reads, shared_with, user_details,
};
use tympan_core::permissions::{actor_reads, configured, permit};
use tympan_core::queries::{AuditPlace, AuditQuery, MAX_PAGE, UserPlace, UserQuery};
use tympan_core::records::Config;
use tympan_core::text::Pattern;
use tympan_core::time::Timestamp;
use tympan_core::view::{ReadSet, View};

use crate::handle::Handle;
use crate::history::AuditLine;
use crate::page::{Page, PageRequest};

/// Most rounds in which a question asks for more than it had.
const MAX_ROUNDS: usize = 16;

/// The time of questions whose answers do not depend on it: to ask a store for its clock is a way
/// there and back.
const ANY_TIME: Timestamp = Timestamp::EPOCH;

/// Which users to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserList {
    /// Only active or only inactive ones.
    pub active: Option<bool>,
    /// Only members of a group.
    pub group: Option<tympan_core::ids::GroupId>,
    /// Only those with a profile.
    pub profile: Option<tympan_core::ids::ProfileId>,
    /// Only those who share wallets, and so stand for a budget; or only those who do not.
    pub sharing: Option<bool>,
    /// What is searched for in name, username, network name, e-mail and account code: with `*`
    /// and `?` as wildcards, or without, anywhere.
    pub search: String,
}

impl Handle {
    /// The user that a reference means; none if there is none.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `user.read`; what is wrong with the value.
    pub fn look_up(&self, user: impl Into<UserReference>) -> Result<Option<ShownUser>, Error> {
        let user = self.prepare_user(&user.into())?;
        self.answer(look_up_reads(self.tenant.id, &user), |view, context| {
            let found = look_up(view, context, &user)?;
            Ok(found.map(|user| ShownUser::of(&user)))
        })
    }

    /// Everything about a user in one read, secrets masked; none if there is no such user.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `user.read`, unless it is the actor; what is wrong with
    /// the value.
    pub fn user_details(
        &self,
        user: impl Into<UserReference>,
    ) -> Result<Option<UserDetails>, Error> {
        let user = self.prepare_user(&user.into())?;
        let now = self.engine.now()?;
        self.answer_as_of(
            now,
            details_reads(self.tenant.id, &user),
            |view, context| user_details(view, context, &user, None),
        )
    }

    /// Every effective value of a user, with the reason for which it applies; none if there is no such
    /// user.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `user.read`, unless it is the actor; what is wrong with
    /// the value.
    pub fn explain(&self, user: impl Into<UserReference>) -> Result<Option<Explanation>, Error> {
        let user = self.prepare_user(&user.into())?;
        let now = self.engine.now()?;
        let reads = explain_reads(self.tenant.id, &user);
        self.answer_as_of(now, reads, |view, context| explain(view, context, &user))
    }

    /// Users, sorted by name.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `user.read`; `invalid_cursor`; what is wrong with the
    /// pattern.
    pub fn users(&self, list: &UserList, page: &PageRequest) -> Result<Page<ShownUser>, Error> {
        self.permit(LIST_USERS, None)?;
        let tenant = self.tenant.id;
        let after = page.after.as_deref();
        let users = self.engine.store.users(&UserQuery {
            tenant,
            active: list.active,
            group: list.group,
            profile: list.profile,
            sharing: list.sharing,
            pattern: Pattern::parse(&list.search)?,
            after: after
                .map(|cursor| UserPlace::from_cursor(tenant, cursor))
                .transpose()?,
            limit: page.rows() + 1,
        })?;
        Ok(Page::of(page, users, UserPlace::of).map(|user| ShownUser::of(&user)))
    }

    /// The active users who share wallets with a user, sorted by name: whose budget a job of that user may
    /// take from. It takes time for all who share wallets.
    ///
    /// # Errors
    /// `unknown_tenant`; `unknown_user`; `denied` without `user.read`, unless it is the actor; what is
    /// wrong with the value.
    pub fn sharers(&self, user: impl Into<UserReference>) -> Result<Vec<ShownUser>, Error> {
        let user = self.prepare_user(&user.into())?;
        let reads = explain_reads(self.tenant.id, &user);
        let user = self.answer(reads, |view, context| shared_with(view, context, &user))?;
        let mut query = UserQuery {
            tenant: self.tenant.id,
            active: Some(true),
            group: None,
            profile: None,
            sharing: Some(true),
            pattern: None,
            after: None,
            limit: MAX_PAGE,
        };
        let mut sharers = Vec::new();
        loop {
            let page = self.engine.store.users(&query)?;
            let shares = page.iter().filter(|sharer| shares(sharer, &user));
            sharers.extend(shares.map(ShownUser::of));
            match page.last().map(UserPlace::of) {
                Some(last) => query.after = Some(last),
                None => return Ok(sharers),
            }
        }
    }

    /// What a job would cost, whether it would be charged, and what each wallet would give:
    /// exactly what a charge would do now. Nothing is written, and nothing is set aside.
    ///
    /// # Errors
    /// `denied` without `job.charge`; those of a charge but `allowance_exhausted`, which is an
    /// answer here.
    pub fn quote(&self, quote: &Quote) -> Result<Quoted, Error> {
        let prepared = self.prepared(|preparation| quote.prepare(preparation));
        if prepared.is_err() {
            // As with a charge, whoever may not ask is not told what is wrong with the question.
            self.permit(QUOTE, None)?;
        }
        let prepared = prepared?;
        let now = self.engine.now()?;
        let reads = prepared.reads(self.tenant.id);
        self.answer_as_of(now, reads, |view, context| {
            permit(view, context.tenant, context.actor, QUOTE.requires, None)?;
            prepared.answer(view, context)
        })
    }

    /// Audit events, oldest first. The list grows at its end: whoever copies it elsewhere keeps
    /// [`Page::end`] and asks again.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `audit.read`; `invalid_cursor`.
    pub fn audit_events(&self, page: &PageRequest) -> Result<Page<AuditLine>, Error> {
        self.permit(LIST_AUDIT_EVENTS, None)?;
        let tenant = self.tenant.id;
        let after = page.after.as_deref();
        let events = self.engine.store.audit_events(&AuditQuery {
            tenant,
            after: after
                .map(|cursor| AuditPlace::from_cursor(tenant, cursor))
                .transpose()?
                .map(|place| place.audit),
            limit: page.rows() + 1,
        })?;
        let lines = events.into_iter().map(AuditLine::of).collect();
        Ok(Page::of(page, lines, |line: &AuditLine| AuditPlace {
            tenant,
            audit: line.id,
        }))
    }

    /// Everything that is configured, as of now: plans, prices and permissions included.
    ///
    /// # Errors
    /// `denied` without `configuration.read`; `unknown_tenant`.
    pub fn configuration(&self) -> Result<Arc<Config>, Error> {
        self.answer(ReadSet::default(), |view, context| {
            permit(
                view,
                context.tenant,
                context.actor,
                SHOW_CONFIGURATION.requires,
                None,
            )?;
            configured(view, context.tenant).cloned()
        })
    }

    /// The types of identities: label, format, secret or not.
    ///
    /// # Errors
    /// `denied` without `user.read`; `unknown_tenant`.
    pub fn identity_types(&self) -> Result<Vec<IdentityType>, Error> {
        self.permit(LIST_IDENTITY_TYPES, None)?;
        Ok(identity_types())
    }

    /// What a raw card read becomes, step by step: by the tenant's own pipeline, or by one that is
    /// only tried.
    ///
    /// # Errors
    /// `denied` without `configuration.read`; `unknown_tenant`; `invalid_pipeline`.
    pub fn preview_card(&self, read: &str, pipeline: Option<&str>) -> Result<CardPreview, Error> {
        self.permit(PREVIEW_CARD, None)?;
        match pipeline {
            Some(tried) => Ok(CardPipeline::parse(tried)?.preview(read)),
            None => Ok(self.configured()?.card_pipeline()?.preview(read)),
        }
    }

    pub(crate) fn permit(&self, query: QueryLine, about: Option<UserId>) -> Result<(), Error> {
        self.answer(ReadSet::default(), |view, context| {
            permit(view, context.tenant, context.actor, query.requires, about)
        })
    }

    pub(crate) fn configured(&self) -> Result<Arc<Config>, Error> {
        let config = self.tenant.config(&*self.engine.store)?;
        config.ok_or_else(|| Error::of(Code::UnknownTenant))
    }

    fn prepare_user(&self, user: &UserReference) -> Result<PreparedUser, Error> {
        self.prepared(|preparation| user.prepare(preparation))
    }

    fn prepared<T>(
        &self,
        prepare: impl FnOnce(&Preparation<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let config = self.configured()?;
        let mut random = self.engine.random();
        prepare(&Preparation {
            tenant: self.tenant.id,
            config: Some(&config),
            keys: &self.tenant.keys,
            random: &mut **random,
        })
    }

    /// Answers from what a set and the actor's permissions read, as of one instant: whatever turns
    /// out to be missing is read together with all the rest. A tenant that is not there has no
    /// answers, not even empty ones.
    pub(crate) fn answer<T>(
        &self,
        set: ReadSet,
        question: impl Fn(&View, &mut Context<'_>) -> Result<T, Stop>,
    ) -> Result<T, Error> {
        self.answer_as_of(ANY_TIME, set, question)
    }

    fn answer_as_of<T>(
        &self,
        now: Timestamp,
        set: ReadSet,
        question: impl Fn(&View, &mut Context<'_>) -> Result<T, Stop>,
    ) -> Result<T, Error> {
        let mut reads = actor_reads(self.tenant.id, self.actor);
        reads.extend(set);
        reads.known.extend(self.tenant.known());
        for _ in 0..MAX_ROUNDS {
            let mut view = View::default();
            self.engine.store.read(&reads, &mut view)?;
            let mut context = Context {
                tenant: self.tenant.id,
                actor: self.actor,
                now,
                ids: &mut Ids::starting_at(1),
                noise: &[0; 32],
                keys: &self.tenant.keys,
            };
            let answer =
                configured(&view, self.tenant.id).and_then(|_| question(&view, &mut context));
            match answer {
                Ok(answer) => return Ok(answer),
                Err(Stop::Refused(error)) => return Err(error),
                Err(Stop::Needs(more)) => reads.extend(*more),
            }
        }
        Err(Error::new(
            Code::Internal,
            "a question never had all that it asked for",
        ))
    }
}
