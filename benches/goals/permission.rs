//! `may`, beside a map from user to role to permissions: 10 roles × 20 permissions, half allowed.

use std::hint::black_box;

use cpu_time::ThreadTime;
use hashbrown::{HashMap, HashSet};
use tympan_memory::MemoryStore;

use crate::shop;

const USERS: i64 = 10_000;
const CHECKS: usize = 200_000;

/// CPU nanoseconds per check, ours and the yardstick's.
pub fn rounds(rounds: usize) -> Vec<(f64, f64)> {
    let handle = shop::open(Box::new(MemoryStore::new()), USERS).host();
    let questions: Vec<(i64, String)> = (0..CHECKS as i64)
        .map(|number| {
            let user = number.wrapping_mul(48_271) % USERS;
            let role = (user + number % 2) % shop::ROLES;
            (user, shop::permission(role, number % shop::PERMISSIONS))
        })
        .collect();
    type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;
    let roles: Map<String, String> = (0..USERS)
        .map(|user| (format!("u{user}"), format!("r{}", user % shop::ROLES)))
        .collect();
    let permissions: Map<String, HashSet<String, foldhash::fast::RandomState>> = (0..shop::ROLES)
        .map(|role| {
            (
                format!("r{role}"),
                (0..shop::PERMISSIONS)
                    .map(|number| shop::permission(role, number))
                    .collect(),
            )
        })
        .collect();
    let names: Vec<String> = questions
        .iter()
        .map(|(user, _)| format!("u{user}"))
        .collect();
    (0..rounds)
        .map(|_| {
            let begun = ThreadTime::now();
            let mut allowed = 0;
            for (user, permission) in &questions {
                allowed += usize::from(
                    black_box(handle.may(shop::user(*user), permission, None)).unwrap(),
                );
            }
            let ours = begun.elapsed();
            assert_eq!(allowed, CHECKS / 2);
            let begun = ThreadTime::now();
            let mut allowed = 0;
            for (name, (_, permission)) in names.iter().zip(&questions) {
                let held = roles.get(name).and_then(|role| permissions.get(role));
                allowed += usize::from(black_box(
                    held.is_some_and(|held| held.contains(permission)),
                ));
            }
            let theirs = begun.elapsed();
            assert_eq!(allowed, CHECKS / 2);
            let each = |time: std::time::Duration| time.as_nanos() as f64 / CHECKS as f64;
            (each(ours), each(theirs))
        })
        .collect()
}
