//! The first program, as it stands in every language: a user, a PIN, a job, and a refusal at zero.
//!
//! `cargo run -p tympan --example first_program`
#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a small program for people to read and to see"
)]

use tympan::{
    AddIdentity, Bootstrap, Charge, Code, CreateProfile, CreateUser, Currency, Error, Measure,
    NewIdentity, Options, PlanTerms, TimeZoneName, Tympan, Usage, UserReference,
};

fn main() -> Result<(), Error> {
    let shop = Tympan::open("memory:", Options::default())?.host();
    shop.run(Bootstrap::new("Print shop", Currency::EUR, "Ada Admin"))?;

    let berlin = TimeZoneName::parse("Europe/Berlin")?;
    let twelve_pages_a_month = PlanTerms::monthly(Measure::TotalPages, 12, berlin);
    let staff = shop
        .run(CreateProfile::new("Staff").plan(twelve_pages_a_month))?
        .id;
    let ann = shop
        .run(
            CreateUser::named("Ann Müller")
                .username("ann")
                .profile(staff),
        )?
        .user;

    let with_pin = shop.run(AddIdentity {
        user: ann.id.into(),
        expected_version: Some(ann.version),
        identity: NewIdentity::generated_pin().alone(),
        reason: None,
    })?;
    let pin = with_pin
        .identities
        .first()
        .map(|pin| pin.value.expose().to_owned());
    println!("Ann's PIN, told this once: {}", pin.unwrap_or_default());

    let receipt = shop.run(Charge::new(
        UserReference::username("ann"),
        "job 1",
        Usage::pages(12),
    ))?;
    println!("printed 12 pages, {} left", receipt.lines[0].balance_after);

    match shop.run(Charge::new(
        UserReference::username("ann"),
        "job 2",
        Usage::pages(1),
    )) {
        Err(error) if error.code() == Code::AllowanceExhausted => println!("refused: {error}"),
        other => panic!("one page too many was not refused: {other:?}"),
    }
    Ok(())
}
