//! What is told by `tracing`: names, codes, numbers and times, and nothing that somebody may not see.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tympan::core::configuration::Bootstrap;
use tympan::core::ledger::{Charge, StatedCost, Usage};
use tympan::core::measure::Currency;
use tympan::core::people::{CreateUser, EditUser};
use tympan::{Handle, IdentityKind, NewIdentity, Options, PageRequest, Tympan};

/// Keeps every line that is told from a level on.
#[derive(Clone)]
struct Keeper {
    lines: Arc<Mutex<Vec<String>>>,
    from: Level,
}

/// One line: the level and each field, by name.
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!(" {}={value:?}", field.name());
    }
}

impl Keeper {
    fn from(level: Level) -> Self {
        Self {
            lines: Arc::default(),
            from: level,
        }
    }

    fn keep(&self, metadata: &Metadata<'_>, record: impl FnOnce(&mut Line)) {
        let mut line = Line(format!("{} {}", metadata.level(), metadata.target()));
        record(&mut line);
        self.lines.lock().unwrap().push(line.0);
    }

    /// What was told meanwhile.
    fn listen(&self, work: impl FnOnce()) -> Vec<String> {
        tracing::subscriber::with_default(self.clone(), work);
        std::mem::take(&mut self.lines.lock().unwrap())
    }
}

impl Subscriber for Keeper {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.from && metadata.target() == "tympan"
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.keep(span.metadata(), |line| span.record(line));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.keep(event.metadata(), |line| event.record(line));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

const NAME: &str = "Zenobia Quillfeather";
const PIN: &str = "84713926";
const KEY: &str = "job-of-zenobia";
const AGAIN: &str = "job-once-more";
const DOCUMENT_COST: i64 = 987_654_321;

fn shop() -> (Tympan, Handle) {
    let tympan = Tympan::open("memory:", Options::default()).unwrap();
    let shop = tympan.host();
    shop.run(Bootstrap::new("Shop", Currency::EUR, "Root"))
        .unwrap();
    (tympan, shop)
}

/// A user with a PIN is made and charged, once more than she may be.
fn story(shop: &Handle) {
    let mut user = CreateUser::named(NAME);
    user.identities = vec![NewIdentity::new(IdentityKind::Pin, PIN)];
    let made = shop.run(user).unwrap().user.id;
    let charge = Charge {
        cost: Some(StatedCost {
            cost_micros: DOCUMENT_COST,
            currency: Currency::EUR,
        }),
        ..Charge::new(made, KEY, Usage::pages(1))
    };
    let refused = shop.run(charge.clone()).unwrap_err();
    assert_eq!(refused.code().as_str(), "allowance_exhausted");
    let mut unrestricted = EditUser::of(made, None);
    unrestricted.set.restricted = Some(false);
    shop.run(unrestricted).unwrap();
    // The same key would be refused as before.
    let again = Charge {
        key: AGAIN.into(),
        ..charge
    };
    shop.run(again).unwrap();
}

fn holds(lines: &[String], parts: &[&str]) -> bool {
    let has_all = |line: &String| parts.iter().all(|part| line.contains(part));
    lines.iter().any(has_all)
}

#[test]
fn each_command_is_told_by_its_name_and_outcome() {
    let (_tympan, shop) = shop();
    let lines = Keeper::from(Level::TRACE).listen(|| story(&shop));
    for told in [
        ["TRACE", "name=\"charge\"", "code=\"ok\"", "micros="],
        [
            "TRACE",
            "name=\"charge\"",
            "code=\"allowance_exhausted\"",
            "micros=",
        ],
        ["DEBUG", "commands=1", "refused=1", "conflicts=0"],
        ["DEBUG", "commands=1", "refused=0", "code=\"ok\""],
    ] {
        assert!(holds(&lines, &told), "{told:?} in {lines:#?}");
    }
}

#[test]
fn nothing_told_is_secret_or_about_a_person() {
    let (tympan, shop) = shop();
    let lines = Keeper::from(Level::TRACE).listen(|| {
        story(&shop);
        shop.settle_all_due(&PageRequest::default()).unwrap();
        assert!(tympan.verify().unwrap().is_sound());
    });
    assert!(lines.len() > 8, "{lines:#?}");
    let amount = DOCUMENT_COST.to_string();
    for secret in ["Zenobia", "Shop", "Root", PIN, KEY, AGAIN, &amount] {
        assert!(!holds(&lines, &[secret]), "{secret} in {lines:#?}");
    }
}

#[test]
fn a_batch_is_told_once_with_its_size() {
    let (_tympan, shop) = shop();
    let lines = Keeper::from(Level::DEBUG).listen(|| {
        let users = (0..25).map(|number| CreateUser::named(format!("User {number}")));
        for answer in shop.run_all(users.collect()) {
            answer.unwrap();
        }
    });
    let batches: Vec<_> = lines
        .iter()
        .filter(|line| line.contains("micros="))
        .collect();
    assert_eq!(batches.len(), 1, "{lines:#?}");
    assert!(batches[0].contains("commands=25"), "{lines:#?}");
}

#[test]
fn what_is_refused_unread_and_what_takes_long_is_told_too() {
    let (tympan, shop) = shop();
    let lines = Keeper::from(Level::TRACE).listen(|| {
        shop.run(CreateUser::named("")).unwrap_err();
        shop.settle_all_due(&PageRequest::default()).unwrap();
        tympan.verify().unwrap();
    });
    for told in [
        ["TRACE", "name=\"create_user\"", "code=\""],
        ["INFO", "name=\"settle_all_due\"", "code=\"ok\""],
        ["INFO", "name=\"verify\"", "faults=0"],
    ] {
        assert!(holds(&lines, &told), "{told:?} in {lines:#?}");
    }
}

#[test]
fn who_wants_warnings_is_told_of_nothing_that_went_well() {
    let (tympan, shop) = shop();
    let lines = Keeper::from(Level::WARN).listen(|| {
        story(&shop);
        tympan.verify().unwrap();
    });
    assert!(lines.is_empty(), "{lines:#?}");
}
