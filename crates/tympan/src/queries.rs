//! Questions: answered from the store as of one instant, never queued, never the ground of a
//! decision. Like commands, they check what the actor may see.

use std::sync::Arc;

use tympan_core::card_pipeline::{CardPipeline, CardPreview};
use tympan_core::command::{Context, Preparation, Stop};
use tympan_core::commands::{
    COUNT_USES, LIST_AUDIT_EVENTS, LIST_IDENTITY_TYPES, LIST_USERS, PREVIEW_CARD, QueryLine,
    SHOW_CONFIGURATION, STATEMENT,
};
use tympan_core::configuration::{self, Filter, Named, UsesCount, uses, uses_reads};
use tympan_core::error::{Code, Error};
use tympan_core::ids::{AuditId, EntryId, Ids, UserId};
use tympan_core::ledger::WalletName;
use tympan_core::people::{
    IdentityType, PreparedUser, UserDetails, UserReference, details_reads, identity_types, look_up,
    look_up_reads, user_details,
};
use tympan_core::permissions::{actor_reads, configured, permit};
use tympan_core::queries::{AuditQuery, DEFAULT_PAGE, EntryQuery, MAX_PAGE, UserPlace, UserQuery};
use tympan_core::records::{AuditEvent, AuditText, Config, Entry, EntryText, User};
use tympan_core::text::Pattern;
use tympan_core::view::{ReadSet, View};

use crate::handle::Handle;

/// Most users of a page: one more is read, which tells whether there is another page.
const MAX_USERS: u32 = MAX_PAGE - 1;

/// Most rounds in which a question asks for more than it had.
const MAX_ROUNDS: usize = 16;

/// Which users to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserList {
    /// Only active or only inactive ones.
    pub active: Option<bool>,
    /// Only members of a group.
    pub group: Option<tympan_core::ids::GroupId>,
    /// Only those with a profile.
    pub profile: Option<tympan_core::ids::ProfileId>,
    /// What is searched for in name, username, network name, e-mail and account code: with `*`
    /// and `?` as wildcards, or without, anywhere.
    pub search: String,
    /// The cursor of an earlier page of the same list, as it was given; none: the first page.
    pub after: Option<String>,
    /// At most so many; 0: 50. More than 999 are never given at once.
    pub limit: u32,
}

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The cursor for the next page; none: this was the last.
    pub next: Option<String>,
}

/// One line of a wallet's history, with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// The entry.
    pub entry: Entry,
    /// Why it was done, if somebody said so.
    pub text: Option<EntryText>,
}

impl Handle {
    /// The user that a reference means; none if there is none.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `user.read`; what is wrong with the value.
    pub fn look_up(&self, user: impl Into<UserReference>) -> Result<Option<Arc<User>>, Error> {
        let user = self.prepare_user(&user.into())?;
        self.answer(look_up_reads(self.tenant.id, &user), |view, context| {
            look_up(view, context, &user)
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
        self.answer(details_reads(self.tenant.id, &user), |view, context| {
            user_details(view, context, &user, None)
        })
    }

    /// Users, sorted by name. Pages stay right while users are added.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `user.read`; `invalid_cursor`; what is wrong with the
    /// pattern.
    pub fn users(&self, list: &UserList) -> Result<Page<User>, Error> {
        self.permit(LIST_USERS, None)?;
        let (place, limit) = (list.after.as_deref(), rows(list.limit, MAX_USERS));
        let query = UserQuery {
            tenant: self.tenant.id,
            active: list.active,
            group: list.group,
            profile: list.profile,
            pattern: Pattern::parse(&list.search)?,
            after: place
                .map(|cursor| UserPlace::from_cursor(self.tenant.id, cursor))
                .transpose()?,
            limit: limit + 1,
        };
        let mut users = self.engine.store.users(&query)?;
        let more = users.len() > limit as usize;
        users.truncate(limit as usize);
        let next = users
            .last()
            .filter(|_| more)
            .map(|last| UserPlace::of(last).to_cursor());
        Ok(Page { rows: users, next })
    }

    /// A wallet's history, newest first, before an entry or from the newest on: at most so many
    /// lines; 0: 50. More than 1,000 are never given at once.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `allowance.read`, unless it is the actor's own.
    pub fn statement(
        &self,
        user: UserId,
        wallet: WalletName,
        before: Option<EntryId>,
        limit: u32,
    ) -> Result<Vec<StatementLine>, Error> {
        self.permit(STATEMENT, Some(user))?;
        let lines = self.engine.store.entries(&EntryQuery {
            tenant: self.tenant.id,
            wallet: wallet.of(user),
            before,
            limit: rows(limit, MAX_PAGE),
        })?;
        Ok(lines
            .into_iter()
            .map(|(entry, text)| StatementLine { entry, text })
            .collect())
    }

    /// Audit events after one, oldest first: at most so many; 0: 50. More than 1,000 are never
    /// given at once.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` without `audit.read`.
    pub fn audit_events(
        &self,
        after: Option<AuditId>,
        limit: u32,
    ) -> Result<Vec<(AuditEvent, Option<AuditText>)>, Error> {
        self.permit(LIST_AUDIT_EVENTS, None)?;
        let query = AuditQuery {
            tenant: self.tenant.id,
            after,
            limit: rows(limit, MAX_PAGE),
        };
        self.engine.store.audit_events(&query)
    }

    /// Profiles, roles, groups, accounts or price lists, sorted by name.
    ///
    /// # Errors
    /// `denied` without `configuration.read`; `unknown_tenant`.
    pub fn list<T: Named>(&self, filter: Filter) -> Result<Vec<T>, Error> {
        let config = self.configuration()?;
        Ok(configuration::list::<T>(&config, filter)
            .into_iter()
            .cloned()
            .collect())
    }

    /// One profile, role, group, account or price list; none if there is none with this id.
    ///
    /// # Errors
    /// `denied` without `configuration.read`; `unknown_tenant`.
    pub fn show<T: Named>(&self, id: T::Id) -> Result<Option<T>, Error> {
        let config = self.configuration()?;
        Ok(configuration::show::<T>(&config, id).cloned())
    }

    /// How many users use a named thing.
    ///
    /// # Errors
    /// `denied` without `configuration.read`; `unknown_tenant`.
    pub fn uses<T: Named>(&self, id: T::Id) -> Result<UsesCount, Error> {
        self.answer(uses_reads::<T>(self.tenant.id, &[id]), |view, context| {
            permit(
                view,
                context.tenant,
                context.actor,
                COUNT_USES.requires,
                None,
            )?;
            uses::<T>(view, configured(view, context.tenant)?, id)
        })
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

    fn configured(&self) -> Result<Arc<Config>, Error> {
        let config = self.tenant.config(&*self.engine.store)?;
        config.ok_or_else(|| Error::of(Code::UnknownTenant))
    }

    fn prepare_user(&self, user: &UserReference) -> Result<PreparedUser, Error> {
        let config = self.configured()?;
        let mut random = self.engine.random();
        user.prepare(&Preparation {
            tenant: self.tenant.id,
            config: Some(&config),
            keys: &self.tenant.keys,
            random: &mut **random,
        })
    }

    /// Answers from what a set and the actor's permissions read, as of one instant: whatever turns
    /// out to be missing is read together with all the rest. A tenant that is not there has no
    /// answers, not even empty ones.
    fn answer<T>(
        &self,
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
                now: self.engine.clock.now(),
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

/// How many rows to read where a caller asks for so many.
fn rows(limit: u32, most: u32) -> u32 {
    match limit {
        0 => DEFAULT_PAGE,
        asked => asked.min(most),
    }
}
