//! A print server step by step: what a host writes, in the order in which it meets it.
//!
//! # Open, and set up once
//!
//! A new database has no tenant. Everything but [`Bootstrap`](crate::Bootstrap) is refused with
//! `unknown_tenant` until it has one, and a second bootstrap with `bootstrap_done`: a program that
//! starts again passes over that. Ids never change, names may, so a host keeps the ids that it is
//! given; this one finds its profile by name.
//!
//! ```
//! use tympan::{
//!     Bootstrap, Code, CreatePriceList, CreateProfile, Currency, Error, Filter, Handle, Measure,
//!     Options, PlanTerms, PriceTerms, ProfileId, TimeZoneName, Tympan,
//! };
//!
//! fn set_up(shop: &Handle) -> Result<ProfileId, Error> {
//!     match shop.run(Bootstrap::new("Print shop", Currency::EUR, "Ada Admin").username("ada")) {
//!         Err(error) if error.code() != Code::BootstrapDone => return Err(error),
//!         _ => {}
//!     }
//!     let profiles = shop.profiles(Filter::All)?;
//!     if let Some(staff) = profiles.iter().find(|profile| profile.name == "Staff") {
//!         return Ok(staff.id);
//!     }
//!     // 4 cents a page, 15 in colour; money is micros: 1 EUR is 1_000_000.
//!     let prices = CreatePriceList::new("House", Currency::EUR).rule(PriceTerms::pages(40_000, 150_000));
//!     let prices = shop.run(prices)?.id;
//!     let mut plan = PlanTerms::monthly(Measure::Cost(Currency::EUR), 5_000_000, TimeZoneName::UTC);
//!     plan.overdraft = 1_000_000;
//!     Ok(shop.run(CreateProfile::new("Staff").price_list(prices).plan(plan))?.id)
//! }
//!
//! # fn main() -> Result<(), Error> {
//! let tympan = Tympan::open("memory:", Options::default())?;
//! let first = set_up(&tympan.host())?;
//! assert_eq!(set_up(&tympan.host())?, first);
//! # Ok(())
//! # }
//! ```
//!
//! # What a job is paid from
//!
//! The price list of the user's profile turns usage into a cost. Then each measure that a plan of
//! the profile limits, and the cost, is taken on its own: from the wallets of the plans of that
//! measure, those of lower priority numbers first, and a cost from own funds last. Either all of
//! them give what the job needs, or nothing is taken. From this follows:
//!
//! - A plan of pages does not pay the cost. Somebody with 500 pages and no own funds prints
//!   nothing if there is also a price list; leave the price list away to count pages only.
//! - With a profile without a price list a job costs nothing: the receipt has no cost. A price list
//!   has lines for queues and papers, and one for all jobs that no other line is for.
//! - A plan of money pays costs of its own currency only, and own funds are kept by currency.
//! - A plan may be overdrawn by its `overdraft`; own funds never, except by a settlement with
//!   [`Extra::TakeAndOwe`](crate::Extra::TakeAndOwe) and by hand with `may_owe`.
//! - A user who is not `restricted`, or has a plan that says
//!   [`Warn`](crate::WhenExhausted::Warn), is never refused for want of that measure: the last of
//!   the wallets, for a cost own funds, falls as far below zero as it takes.
//! - A plan that says [`FinishAndForgive`](crate::WhenExhausted::FinishAndForgive),
//!   [`FinishAndOwe`](crate::WhenExhausted::FinishAndOwe) or
//!   [`FinishAndCarry`](crate::WhenExhausted::FinishAndCarry) lets a job start while something is
//!   available, and says what becomes of the rest.
//! - The plans of the groups a user is in come besides those of the profile. Whether jobs take from
//!   all plans of a measure or from one of them is the profile's [`Stacking`](crate::Stacking);
//!   [`explain`](crate::Handle::explain) tells which apply, and `docs/groups.md` what joining and
//!   leaving do.
//!
//! What a job took comes back by [`Refund`](crate::Refund) or [`Void`](crate::Void), to the wallets
//! it came from; `docs/accounting.md` has all of this in numbers.
//!
//! # Jobs
//!
//! ```
//! use tympan::{
//!     Adjust, Authorise, Charge, Code, CreateUser, Extra, IdempotencyKey, IdentityKind, NewIdentity,
//!     Quote, Settle, Usage, UserReference, WalletName,
//! };
//! # use tympan::{Bootstrap, CreatePriceList, CreateProfile, Currency, Error, Measure, Options, PlanTerms, PriceTerms, TimeZoneName, Tympan};
//! # fn main() -> Result<(), Error> {
//! # let tympan = Tympan::open("memory:", Options::default())?;
//! # let shop = tympan.host();
//! # shop.run(Bootstrap::new("Print shop", Currency::EUR, "Ada Admin"))?;
//! # let prices = shop.run(CreatePriceList::new("House", Currency::EUR).rule(PriceTerms::pages(40_000, 150_000)))?.id;
//! # let plan = PlanTerms::monthly(Measure::Cost(Currency::EUR), 5_000_000, TimeZoneName::UTC);
//! # let staff = shop.run(CreateProfile::new("Staff").price_list(prices).plan(plan))?.id;
//! let ann = CreateUser::named("Ann Müller")
//!     .username("ann")
//!     .email("ann@example.org")
//!     .profile(staff)
//!     .identity(NewIdentity::new(IdentityKind::Card, "04A1B2C3"))
//!     .identity(NewIdentity::generated_pin().alone());
//! let ann = shop.run(ann)?;
//! let pin = ann.identities.last().map(|pin| pin.value.expose()); // told this once
//! assert!(pin.is_some());
//! assert_eq!(ann.user.email.as_deref(), Some("ann@example.org"));
//!
//! // Before it is sent: would it be charged, and what would it cost? Nothing is written.
//! let quoted = shop.quote(&Quote::new(ann.user.id, Usage::pages(20).colour(5)))?;
//! assert!(quoted.accepted());
//! assert_eq!(quoted.price.map(|price| price.cost_micros), Some(15 * 40_000 + 5 * 150_000));
//!
//! // At the device: the card, as the reader reads it, and what the job will cost at most.
//! let job = Charge::new(UserReference::card("04a1b2c3"), "job 17", Usage::pages(20).colour(5));
//! let hold = shop.run(Authorise::new(job))?;
//! assert_eq!(hold.cost_micros, Some(15 * 40_000 + 5 * 150_000));
//!
//! // Printed: what it really used. `Cancel` gives everything back instead.
//! let hold = hold.hold.expect("an authorised job has a hold");
//! let used = Usage::pages(18).colour(5);
//! let printed = shop.run(Settle::new(hold, "job 17 printed", used, Extra::TakeAndOwe))?;
//! assert_eq!(printed.cost_micros, Some(13 * 40_000 + 5 * 150_000));
//!
//! // A refusal is remembered under its key like any answer; after a top-up the host asks for the
//! // next attempt.
//! let big = |key: IdempotencyKey| Charge::new(ann.user.id, key, Usage::pages(200));
//! let refused = shop.run(big("job 18".into())).unwrap_err();
//! assert_eq!(refused.code(), Code::AllowanceExhausted);
//! assert_eq!(refused.detail("needed"), Some("8000000"));
//! let own_funds = WalletName::OwnFunds(Currency::EUR);
//! let paid = Adjust::new(ann.user.id, own_funds, 10_000_000, "paid at the counter", "till 4 receipt 9912");
//! shop.run(paid)?;
//! assert_eq!(shop.run(big("job 18".into())).unwrap_err().code(), Code::AllowanceExhausted);
//! assert!(shop.run(big(IdempotencyKey::from("job 18").attempt(2))).is_ok());
//! # Ok(())
//! # }
//! ```
//!
//! A call that got no answer is made again with the same key, by as many threads and processes as
//! like: all get the one receipt. The same key with other content is `key_reused`.
//!
//! # Screens
//!
//! A screen reads [`user_details`](crate::Handle::user_details), keeps `user.version`, and hands
//! it back with the edit: if somebody was faster, the edit is `stale_version` and nothing is
//! changed. [`as_user`](crate::Handle::as_user) asks and does as the person in front of it.
//!
//! ```
//! use tympan::{EditUser, Error, Handle, PageRequest, UserField, UserList, UserReference};
//!
//! fn move_to_finishing(screen: &Handle, username: &str) -> Result<(), Error> {
//!     let Some(shown) = screen.user_details(UserReference::username(username))? else {
//!         return Ok(());
//!     };
//!     let mut edit = EditUser::of(shown.user.id, Some(shown.user.version));
//!     edit.set.department = Some("Finishing".into());
//!     edit.clear.push(UserField::Office);
//!     screen.run(edit).map(drop)
//! }
//!
//! fn names(screen: &Handle) -> Result<Vec<String>, Error> {
//!     let list = UserList { search: "mü*".into(), ..UserList::default() };
//!     let mut page = PageRequest::of(100);
//!     let mut names = Vec::new();
//!     loop {
//!         let users = screen.users(&list, &page)?;
//!         names.extend(users.rows.into_iter().map(|user| user.name));
//!         match users.next {
//!             Some(cursor) => page = page.after(cursor),
//!             None => return Ok(names),
//!         }
//!     }
//! }
//! ```
//!
//! # Errors
//!
//! [`Error::code`](crate::Error::code) is what a program decides on, [`Error::retry`](crate::Error::retry)
//! whether the same call may succeed with nothing mended, the message is for logs and people, and
//! values come by name from [`Error::detail`](crate::Error::detail). [`Code`](crate::Code) grows
//! with versions: a `match` ends with `_`.
//!
//! # Threads and futures
//!
//! [`Tympan`](crate::Tympan) and [`Handle`](crate::Handle) are cheap to clone and used from any
//! thread. [`run`](crate::Handle::run) blocks until the change is on disk; on an executor's
//! threads await [`submit`](crate::Handle::submit) instead, which needs no particular runtime.
//! Questions, such as `user_details`, block for as long as it takes to read.
//!
//! # Tests
//!
//! A store in memory and a clock that stands still: months pass when the test says so.
//!
//! ```
//! use std::sync::Arc;
//! use tympan::sources::ManualClock;
//! use tympan::{Bootstrap, Currency, Options, Timestamp, Tympan};
//!
//! # fn main() -> Result<(), tympan::Error> {
//! let start = Timestamp::from_millis(1_700_000_000_000);
//! let clock = Arc::new(ManualClock::at(start));
//! let tympan = Tympan::open("memory:", Options::default().clock(clock.clone()))?;
//! tympan.host().run(Bootstrap::new("Shop", Currency::EUR, "Ada"))?;
//! clock.set(start.plus_millis(31 * 24 * 60 * 60 * 1000)); // the next month has begun
//! # Ok(())
//! # }
//! ```
//!
//! # Files, copies, the end
//!
//! `sqlite:shop.db` makes `shop.db`, its keys in `shop.db.keys`, and some files of SQLite's and
//! tympan's own beside them; `docs/upgrading.md` says what each is. Back up with
//! [`Tympan::backup_to`](crate::Tympan::backup_to), never by copying the file, and keep the keys
//! elsewhere as well, or under a passphrase with the copies
//! ([`Tympan::seal_keys`](crate::Tympan::seal_keys)): without them no copy can be opened. Check
//! copies with [`verify_backup`](crate::verify_backup), put them back with
//! [`restore`](crate::restore). Several processes of one machine may
//! open the same file. There is nothing to call at the end: what was answered is durable, and the
//! store is closed with the last clone and handle.
