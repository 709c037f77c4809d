//! Everything that a user may do, in one answer.

use std::collections::BTreeMap;

use tympan_core::commands::CAPABILITIES;
use tympan_core::error::{Code, Error};
use tympan_core::ids::{AccountId, UserId};
use tympan_core::permissions::{Grants, configured, permit};
use tympan_core::view::{Follow, Key, ReadSet};

use crate::handle::Handle;

/// What a user may do, as of one version: a snapshot to ask many questions of. It is advisory, for
/// showing and hiding what a person sees; whatever is done is checked again when it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// The user.
    pub user: UserId,
    /// The version of the configuration that it was taken from.
    pub version: i64,
    /// The version of the user that it was taken from.
    pub user_version: i64,
    /// Permissions that hold in the whole tenant, sorted.
    pub everywhere: Vec<String>,
    /// Permissions that hold over an account only, sorted.
    pub over_accounts: BTreeMap<AccountId, Vec<String>>,
}

impl Handle {
    /// What a user may do, to ask many questions of without coming back: as of now, and by the same
    /// rules as [`Handle::may`]. Inactive users may do nothing.
    ///
    /// # Errors
    /// `unknown_tenant`; `denied` to an actor without `user.read` who asks about another user;
    /// `unknown_user`; those of the store.
    pub fn capabilities(&self, user: UserId) -> Result<Capabilities, Error> {
        let tenant = self.tenant.id;
        let key = Key::User(tenant, user);
        let set = ReadSet::default().and_follow(key, Follow::RELATIONS);
        self.answer(set, |view, context| {
            permit(
                view,
                tenant,
                context.actor,
                CAPABILITIES.requires,
                Some(user),
            )?;
            let config = configured(view, tenant)?;
            let (Some(row), Some(relations)) =
                (view.user(tenant, user)?, view.relations(tenant, user)?)
            else {
                let message = format!("there is no user `{user}`");
                return Err(Error::new(Code::UnknownUser, message)
                    .with("user", user)
                    .into());
            };
            let grants = Grants::of(row, relations);
            let everywhere = grants.everywhere(config);
            let mut over_accounts: BTreeMap<AccountId, Vec<String>> = BTreeMap::new();
            for (account, permission) in grants.over_accounts(config) {
                if !everywhere.contains(permission) {
                    let held = over_accounts.entry(account).or_default();
                    held.push(permission.to_owned());
                }
            }
            Ok(Capabilities {
                user,
                version: config.tenant.version,
                user_version: row.version,
                everywhere: everywhere.into_iter().map(str::to_owned).collect(),
                over_accounts,
            })
        })
    }
}
