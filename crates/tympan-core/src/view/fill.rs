//! Loading a read set into a view, for stores that find one key at a time.

use crate::ids::{TenantId, UserId};
use crate::view::{Key, ReadSet, Record, View};

impl View {
    /// For stores: loads what a set asks for, with what lies behind it. `find` says what a key
    /// holds; it is asked for no key that is loaded already, since that stays as it is.
    ///
    /// # Errors
    /// Those of `find`.
    pub fn fill<E>(
        &mut self,
        set: &ReadSet,
        mut find: impl FnMut(&Key) -> Result<Option<Record>, E>,
    ) -> Result<(), E> {
        for read in &set.reads {
            self.slots.load_from(&read.key, &mut find)?;
            let Some((tenant, user)) = self.user_behind(&read.key) else {
                continue;
            };
            self.slots.load_from(&Key::User(tenant, user), &mut find)?;
            if read.follow.relations {
                let relations = Key::Relations(tenant, user);
                self.slots.load_from(&relations, &mut find)?;
            }
            if read.follow.wallets {
                let wallets = Key::Wallets(tenant, user.0);
                self.slots.load_from(&wallets, &mut find)?;
            }
        }
        Ok(())
    }

    /// Whom a key leads to, going by what the view holds under it.
    fn user_behind(&self, key: &Key) -> Option<(TenantId, UserId)> {
        match key {
            Key::User(tenant, user) => Some((*tenant, *user)),
            Key::Claim(tenant, _) => match self.get(key) {
                Some(Some(Record::Claim(claim))) => Some((*tenant, claim.user)),
                _ => None,
            },
            Key::Hold(tenant, _) => match self.get(key) {
                Some(Some(Record::Hold(hold))) => Some((*tenant, UserId(hold.owner))),
                _ => None,
            },
            _ => None,
        }
    }
}
