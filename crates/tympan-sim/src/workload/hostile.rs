//! Values that nobody in their senses would send.

use crate::workload::Workload;

const TEXTS: &[&str] = &[
    "",
    "   ",
    "a\0b",
    "line\nbreak",
    "\u{202e}backwards",
    "zero\u{200b}width",
    "'; drop table wallet; --",
    "\u{feff}mark",
    "🦀",
    "Ａｎｎ",
    "İstanbul",
];

const NUMBERS: &[i64] = &[
    i64::MIN,
    i64::MIN + 1,
    -1,
    0,
    1,
    1 << 31,
    1 << 53,
    1 << 60,
    (1 << 60) + 1,
    i64::MAX - 1,
    i64::MAX,
];

impl Workload {
    /// Whether this one is to be hostile.
    pub(super) fn is_hostile(&mut self) -> bool {
        self.chance.one_in(40)
    }

    pub(super) fn hostile_text(&mut self) -> String {
        if self.chance.one_in(6) {
            let length = self.chance.pick_or(&[51, 201, 257, 4_001, 100_000], 201);
            return "ü".repeat(length);
        }
        self.chance.pick_or(TEXTS, "").to_owned()
    }

    pub(super) fn hostile_number(&mut self) -> i64 {
        self.chance.pick_or(NUMBERS, i64::MIN)
    }
}
