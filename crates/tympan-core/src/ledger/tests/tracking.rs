//! What a profile tracks: kinds of jobs, measures, and the words of jobs.

use super::*;
use crate::records::{EntryText, JobKind, WordKeeping};

const PAGES: PlanId = PlanId(13);

/// 5.00 and 100 pages a month.
fn shop_that_tracks(tracking: Tracking) -> TestStore {
    let pages = PlanRevision {
        plan: PAGES,
        measure: Measure::TotalPages,
        ..plan(1, START, 100)
    };
    let mut store = shop_with(vec![plan(1, START, 5_000_000), pages]);
    track(&mut store, tracking);
    store
}

fn track(store: &mut TestStore, tracking: Tracking) {
    let Some(Record::Config(config)) = store.records.get_mut(&Key::Config(TENANT)) else {
        panic!("there is a configuration");
    };
    let profile = Arc::make_mut(config).profiles.get_mut(&STAFF).unwrap();
    profile.tracking = tracking;
}

fn document(name: &str) -> JobDetails {
    JobDetails {
        document: Some(name.into()),
        ..JobDetails::default()
    }
}

fn poster(key: &str, name: &str) -> Charge {
    Charge::new(ANN, key, Usage::pages(1)).details(document(name))
}

fn words(store: &TestStore) -> EntryText {
    store.entry_texts.last().unwrap().clone()
}

#[test]
fn a_kind_that_is_not_counted_is_neither_charged_nor_recorded() {
    let mut store = shop_that_tracks(Tracking {
        job_kinds: Some(vec![JobKind::Copy]),
        ..Tracking::ALL
    });
    for details in [JobDetails::default(), JobDetails::of(JobKind::Fax)] {
        let job = Charge::new(ANN, "a", Usage::pages(1)).details(details);
        let untracked = store.run(&job).unwrap_err();
        assert_eq!(untracked.code(), Code::NotTracked);
        let held = store.run(&Authorise::new(job)).unwrap_err();
        assert_eq!(held.code(), Code::NotTracked);
    }
    assert_eq!(wallets(&store, ANN), Wallets::default());
    let copy = Charge::new(ANN, "a", Usage::pages(1)).details(JobDetails::of(JobKind::Copy));
    store.run(&copy).unwrap();
    let other = copy.details(JobDetails::of(JobKind::Scan));
    let reused = store.run(&other).unwrap_err();
    assert_eq!(reused.detail("field"), Some("job_kind"));
}

#[test]
fn a_hold_is_settled_as_the_kind_that_it_was_made_for() {
    let mut store = shop_that_tracks(Tracking::ALL);
    let job = Charge::new(ANN, "h", Usage::pages(5)).details(JobDetails::of(JobKind::Scan));
    let id = store.run(&Authorise::new(job)).unwrap().hold.unwrap();
    let nothing = Tracking {
        job_kinds: Some(Vec::new()),
        ..Tracking::ALL
    };
    track(&mut store, nothing);
    settle(&mut store, id, "s", 5, Extra::Deny).unwrap();
    let settled = store
        .entries
        .iter()
        .filter(|entry| entry.verb == Verb::Settle);
    let kinds: Vec<_> = settled.map(|entry| entry.job_kind).collect();
    assert!(!kinds.is_empty() && kinds.iter().all(|kind| *kind == Some(JobKind::Scan)));
}

#[test]
fn a_measure_that_is_not_recorded_is_neither_charged_nor_kept() {
    for (recorded, lines) in [
        (vec![EUR], vec![(EUR, -220_000)]),
        (vec![Measure::TotalPages], vec![(Measure::TotalPages, -3)]),
        (vec![Measure::Scans], vec![(EUR, 0)]),
    ] {
        let mut store = shop_that_tracks(Tracking {
            measures: Some(recorded.clone()),
            ..Tracking::ALL
        });
        let job = Charge::new(ANN, "a", Usage::pages(3).colour(1).with(Counter::Scans, 2));
        let mut stated = job.clone();
        stated.cost = Some(StatedCost {
            cost_micros: 220_000,
            currency: Currency::EUR,
        });
        let receipt = store.run(&stated).unwrap();
        let taken = receipt.lines.iter().map(|line| (line.measure, line.amount));
        assert_eq!(taken.collect::<Vec<_>>(), lines, "{recorded:?}");
        let usage = receipt.usage.clone().unwrap();
        for (measure, count) in [
            (Measure::TotalPages, 3),
            (Measure::ColourPages, 1),
            (Measure::Scans, 2),
        ] {
            let kept = if recorded.contains(&measure) {
                count
            } else {
                0
            };
            assert_eq!(usage.of(measure), kept, "{measure:?} of {recorded:?}");
        }
        let is_money = recorded.contains(&EUR);
        assert_eq!(receipt.cost_micros, is_money.then_some(220_000));
        assert_eq!(store.run(&stated).unwrap(), receipt, "a repeat");
        track(&mut store, Tracking::ALL);
        assert_eq!(
            store.run(&stated).unwrap(),
            receipt,
            "a repeat under other rules"
        );
        let mut other = stated.clone();
        other.usage = Usage::pages(4).colour(1).with(Counter::Scans, 2);
        let answer = store.run(&other);
        if recorded.contains(&Measure::TotalPages) {
            assert_eq!(answer.unwrap_err().detail("field"), Some("pages"));
        } else {
            assert_eq!(
                answer.unwrap(),
                receipt,
                "what was not recorded cannot differ"
            );
        }
    }
}

#[test]
fn names_are_kept_hashed_or_dropped_and_a_repeat_is_known_by_each() {
    for (keeping, days) in [
        (WordKeeping::Kept, None),
        (WordKeeping::Hashed, Some(30)),
        (WordKeeping::Dropped, Some(1)),
    ] {
        let mut store = shop_that_tracks(Tracking {
            document_names: keeping,
            keep_days: days,
            ..Tracking::ALL
        });
        let mut job = poster("a", "notice.pdf");
        job.details.host = Some("pc-7".into());
        let receipt = store.run(&job).unwrap();
        let kept = words(&store);
        assert_eq!(kept.host.as_deref(), Some("pc-7"));
        assert_eq!(
            kept.erase_at,
            days.map(|days| at(START + i64::from(days) * 86_400_000))
        );
        match keeping {
            WordKeeping::Kept => assert_eq!(kept.document.as_deref(), Some("notice.pdf")),
            WordKeeping::Hashed => {
                let digest = kept.document.unwrap();
                assert!(digest.len() == 32 && !digest.contains("notice"));
            }
            WordKeeping::Dropped => assert_eq!(kept.document, None),
        }
        track(&mut store, Tracking::ALL);
        assert_eq!(store.run(&job).unwrap(), receipt);
        let mut other = job.clone();
        other.details.document = Some("another.pdf".into());
        match keeping {
            WordKeeping::Dropped => assert_eq!(store.run(&other).unwrap(), receipt),
            _ => {
                let reused = store.run(&other).unwrap_err();
                assert_eq!(reused.detail("field"), Some("document"));
            }
        }
    }
}

#[test]
fn the_same_name_has_the_same_digest_and_words_that_are_all_dropped_leave_none() {
    let mut store = shop_that_tracks(Tracking {
        document_names: WordKeeping::Hashed,
        ..Tracking::ALL
    });
    let mut digest = |key: &str, name: &str| {
        store.run(&poster(key, name)).unwrap();
        words(&store).document.unwrap()
    };
    let first = digest("a", "one");
    assert_eq!(first, digest("b", "one"));
    assert_ne!(first, digest("c", "two"));
    track(
        &mut store,
        Tracking {
            document_names: WordKeeping::Dropped,
            ..Tracking::ALL
        },
    );
    let before = store.entry_texts.len();
    store.run(&poster("d", "one")).unwrap();
    assert_eq!(store.entry_texts.len(), before);
    check(&store);
}

#[test]
fn a_quote_knows_what_is_tracked() {
    let mut store = shop_that_tracks(Tracking {
        job_kinds: Some(vec![JobKind::Print]),
        measures: Some(vec![Measure::TotalPages]),
        ..Tracking::ALL
    });
    let quote = Quote::new(ANN, Usage::pages(3));
    let quoted = store.quote(&quote).unwrap();
    assert_eq!(quoted.price, None);
    let lines = quoted.lines.iter().map(|line| (line.measure, line.amount));
    assert!(lines.eq([(Measure::TotalPages, 3)]));
    let copy = Quote {
        kind: Some(JobKind::Copy),
        ..quote
    };
    assert_eq!(store.quote(&copy).unwrap_err().code(), Code::NotTracked);
}
