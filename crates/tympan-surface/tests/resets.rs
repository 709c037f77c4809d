//! Wallets of many users are reset by one call, of no more than fit into one.

use tympan_surface::{FirstAdministrator, OpenOptions, Tympan};

const PLAN: i64 = 1;

#[test]
fn one_call_resets_no_more_than_a_page_of_users() {
    let shop = Tympan::open("memory:".into(), OpenOptions::default());
    let shop = shop.wait().unwrap();
    let options = FirstAdministrator::default();
    let made = shop.bootstrap("Shop".into(), "EUR".into(), "Ada".into(), options);
    let ada = made.wait().unwrap().administrator;
    let reset = |users: usize, key: String| {
        let users = vec![ada; users];
        let reset = shop.reset_allowances(users, tympan::PlanId(PLAN), "a term".into(), key);
        reset.wait()
    };
    assert_eq!(reset(999, "key".into()).unwrap().len(), 999);
    let refused = reset(1_000, "key".into()).unwrap_err();
    assert_eq!(refused.code().as_str(), "too_many");
    // The longest key that leaves room for an id.
    for (bytes, expected) in [(182, "unknown_plan"), (183, "invalid_key")] {
        let outcome = reset(1, "k".repeat(bytes)).unwrap().remove(0);
        assert_eq!(
            outcome.refused.unwrap().code().as_str(),
            expected,
            "{bytes}"
        );
    }
}
