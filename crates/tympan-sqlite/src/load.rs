//! Records from their rows, and views from records.

use std::sync::Arc;

use rusqlite::Connection;
use tympan_core::error::Error;
use tympan_core::ids::{TenantId, UserId};
use tympan_core::records::{
    Account, Claim, Config, Group, Hold, HoldPart, Identity, Membership, PlanRevision, PriceList,
    PriceRule, Profile, Relations, Role, RolePermission, RoleRow, RoleRowAccount, Strand, Tenant,
    User, Uses, Wallet, Wallets,
};
use tympan_core::row::{Cell, Field};
use tympan_core::view::{Follow, Key, ReadSet, Record, View};

use crate::statements::{select, select_one};

/// What a key holds, from wherever.
type Fetch<'a> = dyn FnMut(&Key) -> Result<Option<Record>, Error> + 'a;

/// Loads what a set asks for into a view.
pub(crate) fn fill(set: &ReadSet, view: &mut View, fetch: &mut Fetch<'_>) -> Result<(), Error> {
    for read in &set.reads {
        load_one(&read.key, view, fetch)?;
        follow(&read.key, read.follow, view, fetch)?;
    }
    Ok(())
}

/// Loads what lies behind a key, going by what the view holds under it.
fn follow(key: &Key, follow: Follow, view: &mut View, fetch: &mut Fetch<'_>) -> Result<(), Error> {
    let (tenant, user) = match key {
        Key::User(tenant, user) => (*tenant, *user),
        Key::Claim(tenant, _) => match view.get(key) {
            Some(Some(Record::Claim(claim))) => (*tenant, claim.user),
            _ => return Ok(()),
        },
        Key::Hold(tenant, _) => match view.get(key) {
            Some(Some(Record::Hold(hold))) => (*tenant, UserId(hold.owner)),
            _ => return Ok(()),
        },
        _ => return Ok(()),
    };
    load_one(&Key::User(tenant, user), view, fetch)?;
    if follow.relations {
        load_one(&Key::Relations(tenant, user), view, fetch)?;
    }
    if follow.wallets {
        load_one(&Key::Wallets(tenant, user.0), view, fetch)?;
    }
    Ok(())
}

fn load_one(key: &Key, view: &mut View, fetch: &mut Fetch<'_>) -> Result<(), Error> {
    if !view.has(key) {
        let record = fetch(key)?;
        view.load(key.clone(), record);
    }
    Ok(())
}

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
                wallets: select::<Wallet>(connection, &key)?,
                hold_parts: select::<HoldPart>(connection, &key)?,
            };
            Some(Record::Wallets(wallets.into()))
        }
        Key::Hold(tenant, id) => {
            let hold = select_one::<Hold>(connection, &[tenant.cell(), id.cell()])?;
            hold.map(|hold| Record::Hold(hold.into()))
        }
        Key::Uses(tenant, subject) => {
            let key = [tenant.cell(), subject.kind.cell(), subject.id.cell()];
            select_one::<Uses>(connection, &key)?.map(Record::Uses)
        }
        Key::Strand(tenant, number) => {
            select_one::<Strand>(connection, &[tenant.cell(), number.cell()])?.map(Record::Strand)
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
    map!(plans: [PlanRevision] by profile);
    map!(roles: Role);
    map!(permissions: [RolePermission] by role);
    map!(groups: Group);
    map!(accounts: Account);
    map!(price_lists: PriceList);
    map!(price_rules: [PriceRule] by price_list);
    Ok(Some(Arc::new(config)))
}
