//! What the workload knows of a tenant: ids, names and keys that commands can mention. It is
//! learned from answers, and nothing is ever forgotten: what is gone is worth asking for too.

use tympan_core::configuration::PlanTerms;
use tympan_core::ids::{
    AccountId, GroupId, HoldId, IdentityId, PlanId, PriceListId, ProfileId, RoleId, RoleRowId,
    UserId,
};
use tympan_core::ledger::{ChargedOrKept, IdempotencyKey, UntrackedId};
use tympan_core::people::{Changed, RoleRowEdit};
use tympan_core::records::{IdentityKind, PlanOwner};

use crate::ask::{Answer, Ask, Reply};

/// What is known of one tenant.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    pub(crate) users: Vec<UserId>,
    pub(crate) versions: Vec<(UserId, i64)>,
    /// Users who share wallets, as they were told of last.
    pub(crate) sharers: Vec<UserId>,
    /// Users whose jobs took from shared wallets, and whose those are.
    pub(crate) sharing: Vec<(UserId, UserId)>,
    pub(crate) usernames: Vec<String>,
    pub(crate) cards: Vec<String>,
    pub(crate) identities: Vec<(UserId, IdentityId, IdentityKind)>,
    pub(crate) role_rows: Vec<(UserId, RoleRowId)>,
    pub(crate) profiles: Vec<ProfileId>,
    pub(crate) plans: Vec<(PlanOwner, PlanId, PlanTerms)>,
    pub(crate) price_lists: Vec<PriceListId>,
    pub(crate) roles: Vec<RoleId>,
    pub(crate) groups: Vec<GroupId>,
    pub(crate) accounts: Vec<AccountId>,
    pub(crate) holds: Vec<HoldId>,
    /// Keys of jobs, to be refunded.
    pub(crate) jobs: Vec<IdempotencyKey>,
    /// Untracked usage.
    pub(crate) untracked: Vec<UntrackedId>,
    /// Commands of the ledger that were asked, to be asked again.
    pub(crate) asked: Vec<Ask>,
    /// Jobs that were refused, to be tried again.
    pub(crate) refused: Vec<Ask>,
}

/// How many commands of the ledger are kept to be repeated.
const MOST_ASKED: usize = 512;

impl World {
    pub(crate) fn learn(&mut self, ask: &Ask, answer: &Answer) {
        self.keep(ask, answer);
        let Ok(reply) = answer else { return };
        match reply {
            Reply::Bootstrapped(made) => {
                self.users.push(made.administrator);
                self.profiles.push(made.default_profile);
                let roles = made.roles;
                self.roles
                    .extend([roles.administrator, roles.accountant, roles.regular]);
            }
            Reply::Receipt(receipt) => {
                if let (Some(hold), Ask::Authorise(_)) = (receipt.hold, ask)
                    && !self.holds.contains(&hold)
                {
                    self.holds.push(hold);
                }
                let mut lines = receipt.lines.iter().map(|line| line.user);
                if let Some(sharer) = lines.find(|user| *user != receipt.user) {
                    add(&mut self.sharing, (receipt.user, sharer));
                }
            }
            Reply::Outcome(outcome) => {
                if let ChargedOrKept::Kept(kept) = &**outcome {
                    add(&mut self.untracked, kept.id);
                }
            }
            Reply::Untracked(_) => {}
            Reply::Changed(changed) => self.learn_user(ask, changed),
            Reply::Reactivated(reactivated) => self.learn_user(ask, &reactivated.user),
            Reply::Transferred(_) | Reply::Nothing(()) | Reply::Tenant(_) | Reply::Settled(_) => {}
            Reply::Profile(saved) => {
                add(&mut self.profiles, saved.id);
                self.learn_plans(ask, saved.id.into(), &saved.added_plans);
            }
            Reply::GroupPlans(saved) => self.learn_plans(ask, saved.id.into(), &saved.added_plans),
            Reply::SavedProfile(_) => {}
            Reply::PriceList(saved) => add(&mut self.price_lists, saved.id),
            Reply::Role(saved) => add(&mut self.roles, saved.id),
            Reply::Group(saved) => add(&mut self.groups, saved.id),
            Reply::Account(saved) => add(&mut self.accounts, saved.id),
        }
    }

    fn keep(&mut self, ask: &Ask, answer: &Answer) {
        if !ask.has_key() {
            return;
        }
        let job = match ask {
            Ask::Charge(charge) => Some(&charge.key),
            Ask::ChargeOrKeep(asked) => Some(&asked.job.key),
            Ask::Authorise(authorise) => Some(&authorise.job.key),
            Ask::Settle(settle) => Some(&settle.key),
            // What is no job is worth a try.
            Ask::Cancel(cancel) => Some(&cancel.key),
            // So is what never happened any more.
            Ask::Void(void) if answer.is_ok() => Some(&void.job),
            _ => None,
        };
        self.jobs.extend(job.cloned());
        let refused = answer
            .as_ref()
            .is_err_and(|error| error.detail("ipp_status").is_some());
        for (list, wanted) in [(&mut self.asked, true), (&mut self.refused, refused)] {
            if wanted {
                if list.len() >= MOST_ASKED {
                    list.remove(0);
                }
                list.push(ask.clone());
            }
        }
    }

    fn learn_user(&mut self, ask: &Ask, changed: &Changed) {
        let user = changed.user.id;
        add(&mut self.users, user);
        self.sharers.retain(|sharer| *sharer != user);
        let shares = changed.user.shared_with.is_some();
        self.sharers.extend(shares.then_some(user));
        self.versions.retain(|(of, _)| *of != user);
        self.versions.push((user, changed.user.version));
        if let Some(username) = &changed.user.username {
            add(&mut self.usernames, username.clone());
        }
        for identity in &changed.identities {
            if identity.kind == IdentityKind::Card {
                add(&mut self.cards, identity.value.expose().to_owned());
            }
            add(
                &mut self.identities,
                (user, identity.id, identity.kind.clone()),
            );
        }
        for row in &changed.role_rows {
            add(&mut self.role_rows, (user, *row));
        }
        if let Ask::EditUser(edit) = ask {
            for row in &edit.role_rows {
                if let RoleRowEdit::Remove(gone) = row {
                    self.role_rows.retain(|(_, row)| row != gone);
                }
            }
        }
    }

    fn learn_plans(&mut self, ask: &Ask, owner: PlanOwner, added: &[PlanId]) {
        use tympan_core::configuration::PlanChange;
        let mut added = added.iter();
        let changes: Vec<PlanChange> = match ask {
            Ask::CreateProfile(made) => made.plans.iter().cloned().map(PlanChange::Add).collect(),
            Ask::EditProfile(edit) => edit.plans.clone(),
            Ask::EditGroup(edit) => edit.plans.clone(),
            _ => Vec::new(),
        };
        for change in changes {
            match change {
                PlanChange::Add(terms) => {
                    self.plans
                        .extend(added.next().map(|plan| (owner, *plan, terms)));
                }
                PlanChange::Edit { plan, terms, .. } => {
                    for (_, known, old) in &mut self.plans {
                        if *known == plan {
                            old.clone_from(&terms);
                        }
                    }
                }
                PlanChange::End { .. } => {}
            }
        }
    }
}

fn add<T: PartialEq>(to: &mut Vec<T>, one: T) {
    if !to.contains(&one) {
        to.push(one);
    }
}
