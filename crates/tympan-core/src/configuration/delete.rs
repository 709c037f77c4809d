//! Deleting things that nothing uses.

use std::marker::PhantomData;

use crate::command::{Command, Context, Decide, Decision, Preparation, Stop};
use crate::configuration::draft::{Done, Draft, find, reads};
use crate::configuration::named::{Ending, Named};
use crate::configuration::uses::{uses, uses_reads};
use crate::error::{Code, Error};
use crate::ids::TenantId;
use crate::permissions::Requirement;
use crate::records::{Account, Config, Group, PriceList, Profile, Role};
use crate::refusals::stale;
use crate::view::{Change, Key, ReadSet, View};

/// Deletes a thing that nothing uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delete<T: Named> {
    /// The thing.
    pub id: T::Id,
    /// The version that the change was made against; none: whatever it is.
    pub expected_version: Option<i64>,
}

/// Deletes a profile that no user has; the tenant's default one cannot be. Plans that fed wallets
/// end and are kept: receipts name them.
pub type DeleteProfile = Delete<Profile>;
/// Deletes a role that no user holds.
pub type DeleteRole = Delete<Role>;
/// Deletes a group without members. Plans that fed wallets end and are kept: receipts name them.
pub type DeleteGroup = Delete<Group>;
/// Deletes an account that no role row names.
pub type DeleteAccount = Delete<Account>;
/// Deletes a price list that no profile names, with its prices.
pub type DeletePriceList = Delete<PriceList>;

impl<T: Named> Delete<T> {
    /// A deletion of whatever version the thing has.
    #[must_use]
    pub fn new(id: T::Id) -> Self {
        Self {
            id,
            expected_version: None,
        }
    }
}

/// A deletion.
#[derive(Debug)]
pub struct PreparedDelete<T: Named> {
    id: T::Id,
    expected_version: Option<i64>,
    kind: PhantomData<T>,
}

impl<T: Named> Command for Delete<T> {
    type Prepared = PreparedDelete<T>;
    const NAME: &'static str = T::COMMANDS.delete;
    const REQUIRES: Requirement = T::REQUIRES;

    fn prepare(&self, _: &mut Preparation<'_>) -> Result<PreparedDelete<T>, Error> {
        Ok(PreparedDelete {
            id: self.id,
            expected_version: self.expected_version,
            kind: PhantomData,
        })
    }
}

impl<T: Named> Decide for PreparedDelete<T> {
    type Reply = ();

    fn reads(&self, tenant: TenantId) -> ReadSet {
        let mut set = reads(tenant);
        set.extend(uses_reads::<T>(tenant, &[self.id]));
        set
    }

    fn decide(&self, view: &View, context: &mut Context<'_>) -> Result<Decision<()>, Stop> {
        let (id, tenant) = (self.id, context.tenant);
        let mut draft = Draft::open(view, tenant)?;
        let thing = find::<T>(draft.before, id)?;
        stale(thing.version(), self.expected_version)?;
        T::may_end(draft.before, id)?;
        unused::<T>(view, draft.before, id)?;
        draft.note_record("", Some(thing), None);
        T::all_mut(&mut draft.after).remove(&id);
        let mut ending = Ending {
            now: context.now,
            was_used: false,
        };
        if let Some(subject) = T::subject(id)
            && view.uses(tenant, subject)?.is_some()
        {
            // Whoever begins to use a thing writes its guard record.
            ending.was_used = true;
            let guard = Key::Uses(tenant, subject);
            draft.changes.push(Change::Remove(guard));
        }
        T::remove_children(&mut draft.after, id, ending);
        let done = Done {
            action: T::COMMANDS.delete,
            subject_kind: T::KIND,
            subject: T::number(id),
        };
        Ok(Decision::new(draft.close(context, &done)?, ()))
    }
}

fn unused<T: Named>(view: &View, config: &Config, id: T::Id) -> Result<(), Stop> {
    let users = uses::<T>(view, config, id)?.users;
    if users > 0 {
        return Err(Error::of(Code::InUse)
            .with(T::KIND, id)
            .with("users", users)
            .into());
    }
    Ok(())
}
