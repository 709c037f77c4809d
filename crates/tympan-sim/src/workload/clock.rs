//! How time passes: in small steps mostly, over the ends of months, through changes of the clock,
//! and backwards.

use crate::step::Step;
use crate::workload::Workload;

const SECOND: i64 = 1_000;
const HOUR: i64 = 3_600 * SECOND;
pub(super) const DAY: i64 = 24 * HOUR;

/// Zones of plans: ordinary, without a whole hour, south of the equator, and without summer time.
pub(super) const ZONES: &[&str] = &[
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "America/Asuncion",
    "Pacific/Apia",
    "UTC",
];

/// Moments in which clocks change, in 2026 and 2027: Berlin, New York, Lord Howe.
const CHANGES: &[i64] = &[
    1_792_893_600_000, // 2026-10-25T01:00Z
    1_793_512_800_000, // 2026-11-01T06:00Z
    1_790_955_000_000, // 2026-10-02T15:30Z
    1_806_195_600_000, // 2027-03-28T01:00Z
];

impl Workload {
    pub(super) fn clock(&mut self) -> Step {
        let now = match self.chance.below(100) {
            0..45 => self.now + self.chance.between(0, 20 * SECOND),
            45..60 => self.now + self.chance.between(0, 6 * HOUR),
            60..70 => self.now + self.chance.between(0, 9 * DAY),
            70..80 => {
                let zone = self.chance.pick_or(ZONES, "UTC");
                let month = self.calendar.next_month(zone, self.now);
                month.unwrap_or(self.now) + self.chance.between(-1, 1)
            }
            80..83 => self.now + self.chance.between(1, 3) * 31 * DAY,
            83..85 => {
                let change = self.chance.pick_or(CHANGES, self.now);
                change.max(self.now) + self.chance.between(-1, 1)
            }
            85..86 => self.now + self.chance.between(1, 3) * 366 * DAY,
            86..94 => self.now - self.chance.between(1, 5 * SECOND),
            94..98 => self.now - self.chance.between(1, 3 * DAY),
            _ => self.now - self.chance.between(1, 70 * DAY),
        };
        self.now = now.max(0);
        Step::Clock(self.now)
    }
}
