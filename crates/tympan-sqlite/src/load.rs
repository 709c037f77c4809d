//! Records from their rows.

use std::sync::Arc;

use rusqlite::Connection;
use tympan_core::error::Error;
use tympan_core::ids::{TenantId, UserId};
use tympan_core::records::{
    Account, Claim, Config, Group, Hold, HoldPart, Identity, Membership, PlanRevision, PriceList,
    PriceRule, Profile, Refunded, Relations, Role, RolePermission, RoleRow, RoleRowAccount, Strand,
    Tenant, Untracked, User, Uses, Wallet, Wallets,
};
use tympan_core::row::{Cell, Field};
use tympan_core::view::{Key, Record};

use crate::statements::{select, select_one};

/// What the rows hold under a key; receipts are found elsewhere. A configuration that the caller
/// has is loaded from there if its version is the stored one.
pub(crate) fn record(
    connection: &Connection,
    key: &Key,
    known: Option<&Arc<Config>>,
) -> Result<Option<Record>, Error> {
    Ok(match key {
        Key::Config(tenant) => config(connection, *tenant, known)?.map(Record::Config),
        Key::User(tenant, id) => {
            let user = select_one::<User>(connection, &[tenant.cell(), id.cell()])?;
            user.map(|user| Record::User(user.into()))
        }
        Key::Relations(tenant, user) => relations(connection, *tenant, *user)?,
        Key::Wallets(tenant, owner) => {
            let key = [tenant.cell(), owner.cell()];
            let wallets = Wallets {
                wallets: select::<Wallet>(connection, &key)?.into(),
                hold_parts: select::<HoldPart>(connection, &key)?,
            };
            Some(Record::Wallets(wallets.into()))
        }
        Key::Hold(tenant, id) => {
            let hold = select_one::<Hold>(connection, &[tenant.cell(), id.cell()])?;
            hold.map(|hold| Record::Hold(hold.into()))
        }
        Key::Refunded(tenant, entry) => {
            let refunded = select_one::<Refunded>(connection, &[tenant.cell(), entry.cell()])?;
            refunded.map(|refunded| Record::Refunded(refunded.into()))
        }
        Key::Untracked(tenant, digest) => {
            let untracked = select_one::<Untracked>(connection, &[tenant.cell(), digest.cell()])?;
            untracked.map(|untracked| Record::Untracked(untracked.into()))
        }
        Key::Uses(tenant, subject) => {
            let key = [tenant.cell(), subject.kind.cell(), subject.id.cell()];
            let uses = select_one::<Uses>(connection, &key)?;
            uses.map(|uses| Record::Uses(uses.into()))
        }
        Key::Strand(tenant, number) => {
            let strand = select_one::<Strand>(connection, &[tenant.cell(), number.cell()])?;
            strand.map(|strand| Record::Strand(strand.into()))
        }
        Key::Receipt(..) => None,
        Key::Claim(tenant, name) => {
            let key = [tenant.cell(), name.kind.cell(), name.value.cell()];
            let claim = select_one::<Claim>(connection, &key)?;
            claim.map(|claim| Record::Claim(claim.into()))
        }
    })
}

/// A user's children: there, though perhaps none, if the user is.
fn relations(
    connection: &Connection,
    tenant: TenantId,
    user: UserId,
) -> Result<Option<Record>, Error> {
    let key = [tenant.cell(), user.cell()];
    if select_one::<User>(connection, &key)?.is_none() {
        return Ok(None);
    }
    let relations = Relations {
        identities: select::<Identity>(connection, &key)?,
        memberships: select::<Membership>(connection, &key)?,
        role_rows: select::<RoleRow>(connection, &key)?,
        role_row_accounts: select::<RoleRowAccount>(connection, &key)?,
    };
    Ok(Some(Record::Relations(relations.into())))
}

fn config(
    connection: &Connection,
    id: TenantId,
    known: Option<&Arc<Config>>,
) -> Result<Option<Arc<Config>>, Error> {
    let key: [Cell<'_>; 1] = [id.cell()];
    let Some(tenant) = select_one::<Tenant>(connection, &key)? else {
        return Ok(None);
    };
    if let Some(known) = known.filter(|known| known.tenant.version == tenant.version) {
        return Ok(Some(Arc::clone(known)));
    }
    let mut config = Config::empty(tenant);
    macro_rules! map {
        ($field:ident: $type:ty) => {
            for row in select::<$type>(connection, &key)? {
                config.$field.insert(row.id, row);
            }
        };
        ($field:ident: [$type:ty] by $by:ident) => {
            for row in select::<$type>(connection, &key)? {
                config.$field.entry(row.$by).or_default().push(row);
            }
        };
    }
    map!(profiles: Profile);
    map!(plans: [PlanRevision] by owner);
    map!(roles: Role);
    map!(permissions: [RolePermission] by role);
    map!(groups: Group);
    map!(accounts: Account);
    map!(price_lists: PriceList);
    map!(price_rules: [PriceRule] by price_list);
    Ok(Some(Arc::new(config)))
}
