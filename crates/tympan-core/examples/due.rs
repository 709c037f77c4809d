//! When schedules are due, as this build has it, for whoever compares it with something else:
//! `tests/schedule_oracle.py` does.
//!
//! Each line that comes in asks about one timetable and a row of instants, with tabs between:
//! time zone, schedule, time of day, and in seconds since 1970 the first instant, the end, the step.
//! For each the last due instant up to each of those instants, and the next one after it, are asked
//! for; what comes out is a line wherever either is another than before (the instant, then both
//! in milliseconds, `-` for none), and an empty line at the end.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_macros,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "an example reads and prints, and ends at the first surprise"
)]

use tympan_core::schedule::{Schedule, TimeOfDay, Timetable};
use tympan_core::time::{TimeZoneName, Timestamp};

fn main() {
    for line in std::io::stdin().lines() {
        answer(&line.unwrap());
        println!();
    }
}

fn answer(question: &str) {
    let mut words = question.split('\t');
    let mut word = || words.next().unwrap();
    let time_zone = TimeZoneName::parse(word()).unwrap();
    let schedule = Schedule::parse(word()).unwrap();
    let time_of_day = TimeOfDay::parse(word()).unwrap();
    let mut number = || words.next().unwrap().parse::<i64>().unwrap();
    let (first, end, step) = (number(), number(), number());
    let timetable = Timetable {
        schedule: &schedule,
        time_of_day,
        time_zone,
    };
    let mut told = None;
    let mut second = first;
    while second < end {
        let at = Timestamp::from_millis(second * 1_000);
        let found = (timetable.last(at), timetable.next(at));
        if told != Some(found) {
            println!("{second} {} {}", shown(found.0), shown(found.1));
            told = Some(found);
        }
        second += step;
    }
}

fn shown(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.millis().to_string())
}
