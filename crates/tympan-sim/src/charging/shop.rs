//! The shop whose jobs are charged.

use std::path::Path;

use tympan::{
    Bootstrap, Charge, CreatePriceList, CreateProfile, CreateUser, Currency, Durability, Handle,
    Measure, Options, PlanTerms, PriceTerms, TimeZoneName, Tympan, Usage, UserReference,
};

/// Users that are charged: enough for a batch to touch many pages, and so to bring checkpoints.
const USERS: u64 = 300;

/// Opens a database, its keys beside it.
///
/// # Errors
/// Those of [`Tympan::open`].
pub fn open(database: &Path, durability: Durability) -> Result<Tympan, tympan::Error> {
    Tympan::open(
        &format!("sqlite:{}", database.display()),
        Options::default().durability(durability),
    )
}

/// Makes the users, who have plenty.
///
/// # Errors
/// Those of the commands.
pub fn set_up(shop: &Handle) -> Result<(), tympan::Error> {
    shop.run(Bootstrap::new("Killed", Currency::EUR, "Ada Admin"))?;
    let prices = CreatePriceList::new("House", Currency::EUR).rule(PriceTerms::pages(1, 1));
    let prices = shop.run(prices)?.id;
    let plenty = PlanTerms::monthly(
        Measure::Cost(Currency::EUR),
        1_000_000_000,
        TimeZoneName::UTC,
    );
    let profile = shop
        .run(CreateProfile::new("Staff").price_list(prices).plan(plenty))?
        .id;
    let users = (0..USERS).map(|user| {
        let mut create = CreateUser::named(format!("User {user}")).username(username(user));
        create.fields.profile = Some(profile);
        create
    });
    shop.run_all(users.collect())
        .into_iter()
        .try_for_each(|created| created.map(drop))
}

fn username(user: u64) -> String {
    format!("user{user}")
}

/// The job of a key: the same again whenever it is asked for.
pub(super) fn job(key: &str) -> Charge {
    let user = key.bytes().fold(7_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    });
    Charge::new(
        UserReference::username(username(user % USERS)),
        key,
        Usage::pages(1),
    )
    // So that entries can be told apart without the digest of the key.
    .queue(key)
}
