//! A full charge in memory, beside what a hand-written hash map does for the same: card to user,
//! debit with a floor, ledger line, key set.

use cpu_time::ThreadTime;
use hashbrown::{HashMap, HashSet};
use tympan::core::ledger::{Charge, Usage};
use tympan::core::people::UserReference;
use tympan_memory::MemoryStore;

use crate::shop;

const USERS: i64 = 100_000;
const CHARGES: u64 = 100_000;

/// CPU nanoseconds per charge, ours and the yardstick's.
pub fn rounds(rounds: usize) -> Vec<(f64, f64)> {
    let handle = shop::open(Box::new(MemoryStore::new()), USERS).host();
    let mut yardstick = HandWritten::new();
    (0..rounds)
        .map(|round| {
            let base = round as u64 * CHARGES;
            let commands: Vec<Charge> = (0..CHARGES)
                .map(|number| {
                    let card = UserReference::card(shop::card(user_of(base + number)));
                    Charge::new(card, format!("job-{}", base + number), Usage::pages(1))
                })
                .collect();
            let begun = ThreadTime::now();
            for command in commands {
                handle.run(command).unwrap();
            }
            let ours = begun.elapsed();
            let cards: Vec<(String, String)> = (0..CHARGES)
                .map(|number| {
                    (
                        shop::card(user_of(base + number)),
                        format!("job-{}", base + number),
                    )
                })
                .collect();
            let begun = ThreadTime::now();
            for (card, key) in cards {
                assert!(yardstick.charge(&card, key, 40_000));
            }
            let theirs = begun.elapsed();
            let each = |time: std::time::Duration| time.as_nanos() as f64 / CHARGES as f64;
            (each(ours), each(theirs))
        })
        .collect()
}

fn user_of(number: u64) -> i64 {
    (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) as i64 % USERS
}

struct HandWritten {
    cards: HashMap<String, u32, foldhash::fast::RandomState>,
    balances: HashMap<u32, i64, foldhash::fast::RandomState>,
    ledger: Vec<(u32, i64, i64, u64)>,
    keys: HashSet<String, foldhash::fast::RandomState>,
}

impl HandWritten {
    fn new() -> Self {
        Self {
            cards: (0..USERS)
                .map(|number| (shop::card(number), number as u32))
                .collect(),
            balances: (0..USERS)
                .map(|number| (number as u32, 1_000_000_000_000_000))
                .collect(),
            ledger: Vec::new(),
            keys: HashSet::default(),
        }
    }

    fn charge(&mut self, card: &str, key: String, amount: i64) -> bool {
        let Some(user) = self.cards.get(card) else {
            return false;
        };
        let Some(balance) = self.balances.get_mut(user) else {
            return false;
        };
        if *balance < amount || !self.keys.insert(key) {
            return false;
        }
        *balance -= amount;
        self.ledger
            .push((*user, -amount, *balance, self.ledger.len() as u64));
        true
    }
}
