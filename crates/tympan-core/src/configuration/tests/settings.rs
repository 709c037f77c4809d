//! The tenant's settings.

use tympan_vault::pin::{PinAlphabet, PinFloor};

use super::*;
use crate::card_pipeline::CardPipeline;
use crate::command::Actor;
use crate::ids::ProfileId;
use crate::ledger::Thresholds;
use crate::records::{Subject, SubjectKind, Uses};
use crate::time::time_zone_database;
use crate::view::{Key, Record};

#[test]
fn settings_are_edited_as_a_whole() {
    let (mut store, _) = shop();
    let profile = store.run(&CreateProfile::new("Staff")).unwrap().id;
    let saved = store
        .run(&EditTenant {
            expected_version: Some(2),
            name: Some(" Press Ltd ".to_owned()),
            default_profile: Some(profile),
            pin_length: Some(8),
            pin_alphabet: Some(PinAlphabet::Alphanumeric),
            pin_floor: Some(PinFloor::Usual),
            low_funds: Some(Thresholds::new([5]).unwrap()),
            card_pipeline: None,
            accepts_unfindable_cards: false,
        })
        .unwrap();
    assert_eq!(saved.version, 3);
    let tenant = &config(&store).tenant;
    assert_eq!(tenant.name, "Press Ltd");
    assert_eq!(tenant.version, 3);
    assert_eq!(tenant.default_profile, profile);
    assert_eq!(tenant.low_funds.amounts(), [5]);
    assert_eq!(
        (
            tenant.pin_length,
            tenant.pin_alphabet.as_str(),
            tenant.pin_floor.as_str()
        ),
        (8, "alphanumeric", "usual")
    );
    let event = store.audit_events.last().unwrap();
    assert_eq!(
        (event.action.as_str(), event.subject_kind.as_str()),
        ("edit_tenant", "tenant")
    );
}

#[test]
fn an_edit_that_changes_nothing_writes_nothing() {
    let (mut store, made) = shop();
    let before = store.records.clone();
    let same = EditTenant {
        name: Some("Shop".to_owned()),
        default_profile: Some(made.default_profile),
        pin_length: Some(6),
        ..EditTenant::default()
    };
    for edit in [EditTenant::default(), same] {
        let saved = store.run(&edit).unwrap();
        assert_eq!((saved.version, saved.pins), (1, None));
    }
    assert_eq!(store.records, before);
}

#[test]
fn what_is_wrong_is_refused() {
    let (mut store, _) = shop();
    let retired = store.run(&CreateProfile::new("Old")).unwrap().id;
    store.run(&RetireProfile::new(retired)).unwrap();
    let edit = EditTenant::default;
    let table = [
        (
            EditTenant {
                name: Some(" ".to_owned()),
                ..edit()
            },
            Code::EmptyText,
        ),
        (
            EditTenant {
                pin_length: Some(3),
                ..edit()
            },
            Code::InvalidValue,
        ),
        (
            EditTenant {
                pin_length: Some(17),
                ..edit()
            },
            Code::InvalidValue,
        ),
        (
            EditTenant {
                pin_length: Some(-250),
                ..edit()
            },
            Code::InvalidValue,
        ),
        (
            EditTenant {
                card_pipeline: Some("[".to_owned()),
                ..edit()
            },
            Code::InvalidPipeline,
        ),
        (
            EditTenant {
                card_pipeline: Some(" ".repeat(100_000)),
                ..edit()
            },
            Code::InvalidPipeline,
        ),
        (
            EditTenant {
                default_profile: Some(ProfileId(9)),
                ..edit()
            },
            Code::UnknownProfile,
        ),
        (
            EditTenant {
                default_profile: Some(retired),
                ..edit()
            },
            Code::Retired,
        ),
        (
            EditTenant {
                expected_version: Some(1),
                ..edit()
            },
            Code::StaleVersion,
        ),
    ];
    let before = store.records.clone();
    for (edit, code) in table {
        let error = store.run(&edit).unwrap_err();
        assert_eq!(error.code(), code);
    }
    assert_eq!(store.records, before);
}

#[test]
fn a_card_pipeline_is_kept_as_it_is_understood() {
    let (mut store, _) = shop();
    let default = CardPipeline::default().to_json();
    assert_eq!(config(&store).tenant.card_pipeline, default);
    let pipeline = |json: &str| EditTenant {
        card_pipeline: Some(json.to_owned()),
        ..EditTenant::default()
    };
    let steps = r#" { "steps" : [ {"step":"strip_invisible"} ] } "#;
    assert_eq!(store.run(&pipeline(steps)).unwrap().version, 2);
    let kept = &config(&store).tenant.card_pipeline;
    assert_eq!(kept, r#"{"steps":[{"step":"strip_invisible"}]}"#);
    store.run(&pipeline("[]")).unwrap();
    assert_eq!(config(&store).tenant.card_pipeline, default);
}

#[test]
fn a_card_pipeline_is_changed_under_registered_cards_only_if_that_is_said() {
    let (mut store, made) = shop();
    let set = |json: &str, accepts_unfindable_cards| EditTenant {
        card_pipeline: Some(json.to_owned()),
        accepts_unfindable_cards,
        ..EditTenant::default()
    };
    let strip = r#"{"steps":[{"step":"strip_invisible"}]}"#;
    // Who sets a tenant up is not asked.
    assert_eq!(store.run(&set(strip, false)).unwrap().version, 2);
    super::roles::user_with(&mut store, made.roles.regular);
    let before = store.records.clone();
    let error = store.run(&set("[]", false)).unwrap_err();
    assert_eq!(error.code(), Code::InUse);
    assert_eq!(error.detail("field"), Some("card_pipeline"));
    assert_eq!(error.detail("users"), Some("2"));
    assert_eq!(store.run(&set(strip, false)).unwrap().version, 2);
    let later = EditTenant {
        expected_version: Some(1),
        ..set("[]", false)
    };
    assert_eq!(store.run(&later).unwrap_err().code(), Code::StaleVersion);
    assert_eq!(store.records, before);
    assert_eq!(store.run(&set("[]", true)).unwrap().version, 3);
    let default = CardPipeline::default().to_json();
    assert_eq!(config(&store).tenant.card_pipeline, default);
    // Other settings ask nothing.
    let rename = EditTenant {
        name: Some("Press".to_owned()),
        ..EditTenant::default()
    };
    assert!(store.run(&rename).is_ok());
}

#[test]
fn a_pin_policy_says_what_it_costs() {
    let (mut store, made) = shop();
    let second = store.run(&CreateProfile::new("Staff")).unwrap().id;
    for (profile, users) in [(made.default_profile, 400), (second, 600)] {
        let subject = Subject {
            kind: SubjectKind::Profile,
            id: profile.0,
        };
        let uses = Uses {
            users,
            version: 5,
            ..Uses::none(TestStore::TENANT, subject)
        };
        store.put(
            Key::Uses(TestStore::TENANT, subject),
            Record::Uses(uses.into()),
        );
    }
    let floor = |pin_floor| EditTenant {
        pin_length: Some(4),
        pin_floor: Some(pin_floor),
        ..EditTenant::default()
    };
    for (pin_floor, minimum_length, guesses_per_hit) in [
        (PinFloor::Population, 8, 100_000),
        (PinFloor::Usual, 5, 100),
    ] {
        let expected = PinStrength {
            users: 1_000,
            minimum_length,
            guesses_per_hit,
        };
        assert_eq!(store.run(&floor(pin_floor)).unwrap().pins, Some(expected));
    }
}

#[test]
fn every_write_says_which_time_zones_decided() {
    let (mut store, made) = shop();
    let mut old = config(&store).clone();
    old.tenant.time_zone_database = "1999z".to_owned();
    store.put(
        Key::Config(TestStore::TENANT),
        Record::Config(std::sync::Arc::new(old)),
    );
    store
        .run(&RenameProfile::new(made.default_profile, "Everybody"))
        .unwrap();
    assert_eq!(
        config(&store).tenant.time_zone_database,
        time_zone_database()
    );
}

#[test]
fn the_profile_that_is_default_no_more_can_go() {
    let (mut store, made) = shop();
    let profile = store.run(&CreateProfile::new("Staff")).unwrap().id;
    store
        .run(&EditTenant {
            default_profile: Some(profile),
            ..EditTenant::default()
        })
        .unwrap();
    assert!(store.run(&RetireProfile::new(made.default_profile)).is_ok());
    assert_eq!(
        store.run(&DeleteProfile::new(profile)).unwrap_err().code(),
        Code::DefaultProfile
    );
}

#[test]
fn only_who_may() {
    let (mut store, made) = shop();
    let rename = EditTenant {
        name: Some("Mine".to_owned()),
        ..EditTenant::default()
    };
    store.actor = Actor::User(super::roles::user_with(&mut store, made.roles.accountant));
    assert_eq!(store.run(&rename).unwrap_err().code(), Code::Denied);
    store.actor = Actor::User(made.administrator);
    assert!(store.run(&rename).is_ok());
}
