//! Words whose time is over are erased a few at a time, and each time is told of.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::Arc;

use tympan::sources::ManualClock;
use tympan::{
    Bootstrap, Charge, Code, CreateProfile, CreateUser, Currency, Handle, JobDetails, Measure,
    Options, PageRequest, PlanTerms, TimeZoneName, Timestamp, Tympan, Usage,
};

const DAY_MS: i64 = 86_400_000;
const JOBS: usize = 501;

/// The users whose commands erased words, from the oldest on; none for the host.
fn told(host: &Handle) -> Vec<Option<tympan::UserId>> {
    let events = host.audit_events(&PageRequest::of(999)).unwrap().rows;
    let told = events.iter().filter(|event| event.action == "erase_words");
    told.map(|event| event.actor).collect()
}

#[test]
fn words_are_erased_a_few_at_a_time_and_each_time_is_told_of() {
    let clock = Arc::new(ManualClock::at(Timestamp::from_millis(DAY_MS)));
    let options = Options::default().clock(clock.clone());
    let tympan = Tympan::open("memory:", options).unwrap();
    let host = tympan.host();
    let made = Bootstrap::new("Shop", Currency::EUR, "Ada");
    let ada = host.run(made).unwrap().administrator;
    let plan = PlanTerms::monthly(Measure::TotalPages, 9_999, TimeZoneName::UTC);
    let mut profile = CreateProfile::new("Staff").plan(plan);
    profile.tracking.keep_days = Some(1);
    let profile = host.run(profile).unwrap().id;
    let ann = host
        .run(CreateUser::named("Ann").profile(profile))
        .unwrap()
        .user
        .id;
    let jobs = (0..JOBS).map(|number| {
        let mut charge = Charge::new(ann, number.to_string(), Usage::pages(1));
        charge.details = JobDetails {
            document: Some("letter.pdf".into()),
            ..JobDetails::default()
        };
        charge
    });
    for charged in host.run_all(jobs.collect()) {
        charged.unwrap();
    }

    clock.set(Timestamp::from_millis(3 * DAY_MS));
    let denied = host.as_user(ann).erase_words().unwrap_err();
    assert_eq!((denied.code(), told(&host)), (Code::Denied, vec![]));
    assert_eq!(host.as_user(ada).erase_words().unwrap(), 500);
    assert_eq!(told(&host), [Some(ada)]);
    assert_eq!(host.erase_words().unwrap(), 1);
    assert_eq!(host.erase_words().unwrap(), 0);
    assert_eq!(told(&host), [Some(ada), None, None]);
    let verified = tympan.verify().unwrap();
    assert!(verified.is_sound(), "{verified:?}");
}
