//! The first program, as it stands in every language: a user, a PIN, a job, and a refusal at zero.
//!
//! `cargo run -p tympan --example first_program`
#![expect(
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a small program for people to read and to see"
)]

use tympan::{
    AddIdentity, Bootstrap, Charge, CreateProfile, CreateUser, Currency, Error, IdentityKind,
    Measure, NewIdentity, Options, PlanTerms, TimeZoneName, Tympan, Usage, UserReference,
};

fn main() -> Result<(), Error> {
    let shop = Tympan::open("memory:", Options::default())?.host();
    shop.run(Bootstrap::new("Print shop", Currency::EUR, "Ada Admin"))?;

    let berlin = TimeZoneName::parse("Europe/Berlin")?;
    let pages = PlanTerms::monthly(Measure::TotalPages, 12, berlin);
    let staff = shop.run(CreateProfile::new("Staff").plan(pages))?.id;
    let ann = CreateUser::named("Ann Müller").username("ann");
    let ann = shop.run(ann.profile(staff))?.user;
    let added = shop.run(AddIdentity {
        user: ann.id.into(),
        expected_version: None,
        identity: NewIdentity::generated_pin().alone(),
        reason: None,
    })?;
    let pin = &added.identities[0].value;
    println!("Ann's PIN, told this once: {}", pin.expose());

    let by_pin = UserReference::Identity(IdentityKind::Pin, pin.clone());
    let job = Charge::new(by_pin.clone(), "job 1", Usage::pages(12));
    let receipt = shop.run(job)?;
    println!("printed 12 pages, {} left", receipt.lines[0].balance_after);
    let job = Charge::new(by_pin, "job 2", Usage::pages(1));
    match shop.run(job) {
        Err(error) => println!("refused: {}", error.code()),
        Ok(receipt) => println!("one page too many: {receipt:?}"),
    }
    Ok(())
}
