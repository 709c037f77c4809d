//! What must hold whatever happens.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
enum Step {
    Charge(bool, u8, i64),
    Hold(u8, i64, i64),
    Settle(u8, u8, i64, u8),
    Cancel(u8, u8),
    Set(bool, u8, i64),
    Pass(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (any::<bool>(), any::<u8>(), 0..80_i64)
            .prop_map(|(who, key, pages)| Step::Charge(who, key, pages)),
        (any::<u8>(), 0..80_i64, 1..10_000_000_i64)
            .prop_map(|(key, pages, ms)| Step::Hold(key, pages, ms)),
        (any::<u8>(), any::<u8>(), 0..120_i64, 0..3_u8)
            .prop_map(|(key, hold, pages, extra)| Step::Settle(key, hold, pages, extra)),
        (any::<u8>(), any::<u8>()).prop_map(|(key, hold)| Step::Cancel(key, hold)),
        (any::<bool>(), any::<u8>(), -3_000_000..9_000_000_i64)
            .prop_map(|(who, key, micros)| Step::Set(who, key, micros)),
        (-1_000_000..2_000_000_000_i64).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #[test]
    fn whatever_happens_the_books_balance_and_a_repeat_changes_nothing(steps in steps()) {
        let mut store = shop();
        let mut holds: Vec<HoldId> = Vec::new();
        for step in steps {
            let answers: Vec<Result<Receipt, Error>> = (0..2).map(|_| match &step {
                Step::Charge(who, key, pages) => {
                    charge(&mut store, if *who { ANN } else { FREE }, &format!("c{key}"), *pages)
                }
                Step::Hold(key, pages, ms) => hold(&mut store, &format!("h{key}"), *pages, *ms),
                Step::Settle(key, index, pages, extra) => {
                    let id = holds.get(usize::from(*index) % holds.len().max(1)).copied().unwrap_or(HoldId(1));
                    settle(&mut store, id, &format!("s{key}"), *pages, Extra::ALL[usize::from(*extra)])
                }
                Step::Cancel(key, index) => {
                    let id = holds.get(usize::from(*index) % holds.len().max(1)).copied().unwrap_or(HoldId(1));
                    store.run(&Cancel::new(id, format!("x{key}")))
                }
                Step::Set(who, key, micros) => {
                    own_funds(&mut store, if *who { ANN } else { FREE }, &format!("f{key}"), *micros)
                }
                Step::Pass(ms) => {
                    store.now = store.now.plus_millis(*ms);
                    Err(Error::of(Code::Internal))
                }
            }).collect();
            if !matches!(step, Step::Pass(_)) {
                prop_assert_eq!(&answers[0], &answers[1]);
            }
            if let (Step::Hold(..), Ok(receipt)) = (&step, &answers[0]) {
                holds.extend(receipt.hold);
            }
            check(&store);
        }
    }
}
