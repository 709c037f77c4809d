//! Extreme records of every type, built from the tables' own descriptions: a new column is covered
//! the day it is added.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tympan_core::ledger::{Counter, KeptUsage, MAX_CUSTOM_COUNTS, MAX_MEDIA, Usage};
use tympan_core::measure::CustomMeasure;
use tympan_core::records::{
    HoldState, IdentityKind, IdentitySource, JobKind, SharedOrder, Stacking, SubjectKind,
    UntrackedState, Verb, WalletKind, WhenExhausted,
};
use tympan_core::row::{Cell, CellKind, Column, Row};
use tympan_core::time::Timestamp;

/// Numbers: the bounds of 64 and 32 bits, of times, and those around zero.
const NUMBERS: &[i64] = &[
    1,
    0,
    -1,
    i64::MAX,
    i64::MIN,
    i32::MAX as i64,
    i32::MIN as i64,
    1 << 53,
    1 + (1 << 53),
];

/// Texts: each is trouble for somebody.
pub(super) const TEXTS: &[&str] = &[
    "plain",
    "",
    " ",
    "'",
    "''; drop table user; --",
    "\"",
    "\\",
    "%_*?[]^-",
    "${1} $1 :a @a ?1",
    "line\nline\r\ttab",
    "Grüße, Żółć, İıIi, ΣΣς",
    "e\u{301}\u{323} \u{1e9b}\u{323}",
    "\u{10ffff}\u{1f5a8}\u{fe0f}\u{200d}",
    "null",
    "0",
    "-0",
    "1e3",
    "x'00'",
];

/// Texts that columns with words of their own accept.
const OTHER_WORDS: &[&str] = &[
    "total_pages",
    "colour_pages",
    "mono_pages",
    "sheets",
    "impressions",
    "jobs",
    "area",
    "custom:a",
    "custom:abcdefghijklmnopqrstuvw_",
    "cost:EUR",
    "cost:JPY",
    "EUR",
    "JPY",
    "UTC",
    "Europe/Berlin",
    "America/Argentina/ComodRivadavia",
    "custom:a_1",
    "never",
    "once:9999-12-31",
    "daily",
    "weekly:sunday",
    "monthly:31",
    "quarterly:3-31",
    "half_yearly:6-30",
    "yearly:2-29",
    "dates:1970-01-01 2024-02-29",
    "rolling:366",
    "00:00",
    "23:59",
    "set_to",
    "add",
    "add_up_to:1152921504606846976",
    "half_up:1",
    "half_even:10000",
    "up:1000000000",
    "raise_to",
    "zero_usage",
    "739860:5 739862:9223372036854775807",
    r#"{"job_kinds":null,"measures":null,"document_names":"kept","hosts":"kept","keep_days":null}"#,
    r#"{"job_kinds":["print","fax"],"measures":["jobs","cost:EUR"],"document_names":"hashed","hosts":"dropped","keep_days":36525}"#,
    "profile:1",
    "group:9223372036854775807",
    "account_code:47:11 Straße",
    "1@0 9223372036854775807@253402300799000",
];

fn words() -> impl Iterator<Item = String> {
    fn of<T: Copy>(all: &'static [T], word: fn(T) -> &'static str) -> Vec<&'static str> {
        all.iter().map(|one| word(*one)).collect()
    }
    [
        of(HoldState::ALL, HoldState::as_str),
        of(IdentitySource::ALL, IdentitySource::as_str),
        of(JobKind::ALL, JobKind::as_str),
        of(SubjectKind::ALL, SubjectKind::as_str),
        of(UntrackedState::ALL, UntrackedState::as_str),
        of(Verb::ALL, Verb::as_str),
        of(WalletKind::ALL, WalletKind::as_str),
        of(WhenExhausted::ALL, WhenExhausted::as_str),
        of(SharedOrder::ALL, SharedOrder::as_str),
        of(Stacking::ALL, Stacking::as_str),
        OTHER_WORDS.to_vec(),
    ]
    .concat()
    .into_iter()
    .map(str::to_owned)
    .chain(
        IdentityKind::OWN
            .iter()
            .map(|kind| kind.name().into_owned()),
    )
}

/// What jobs used: nothing, a page, and as much of everything as there can be.
fn usages() -> impl Iterator<Item = Usage> {
    let most = Counter::ALL
        .iter()
        .fold(Usage::default(), |usage, counter| {
            usage.with(*counter, i64::MAX)
        });
    let names = (0..MAX_CUSTOM_COUNTS).map(|at| format!("a_custom_measure_no_{at:04}"));
    let most = names.fold(most.two_sided(true), |usage, name| {
        let measure = CustomMeasure::parse(&name).expect("the name is plain");
        usage.custom(measure, i64::MAX)
    });
    let longest = "🖨".repeat(MAX_MEDIA);
    [Usage::default(), Usage::pages(1), most.media(longest)].into_iter()
}

/// What is tried on a column, the plainest first.
fn candidates(column: &Column, is_key: bool) -> Vec<Cell<'static>> {
    let mut cells = Vec::new();
    match column.kind {
        CellKind::Integer if is_key => cells.extend([1, i64::MAX].map(Cell::Integer)),
        CellKind::Integer => {
            cells.extend(NUMBERS.iter().copied().map(Cell::Integer));
            cells.push(Cell::Integer(Timestamp::LATEST.millis()));
        }
        CellKind::Text => {
            let long = "ü🖨".repeat(2_000);
            let texts = TEXTS.iter().map(|text| (*text).to_owned());
            cells.extend(
                texts
                    .chain([long])
                    .chain(words())
                    .map(|text| Cell::Text(Cow::Owned(text))),
            );
        }
        CellKind::Bytes => {
            for length in [32, 16] {
                cells.extend([1, 0, 255].map(|byte| Cell::Bytes(Cow::Owned(vec![byte; length]))));
                let rising = (0..=255).take(length).collect();
                cells.push(Cell::Bytes(Cow::Owned(rising)));
            }
            cells.push(Cell::Bytes(Cow::Owned(Vec::new())));
            cells.extend(usages().map(|usage| {
                let kept = KeptUsage::of(&usage).as_bytes().to_vec();
                Cell::Bytes(Cow::Owned(kept))
            }));
            cells.push(Cell::Bytes(Cow::Owned((0..=255).collect())));
        }
    }
    if column.nullable {
        cells.push(Cell::Null);
    }
    cells
}

/// Whether a record accepts a cell behind others that it accepts.
fn fits<T: Row>(before: &[Cell<'static>], cell: &Cell<'static>) -> bool {
    let mut pulled = 0;
    let mut given = before.iter().chain([cell]);
    let record = T::from_cells(&mut || {
        pulled += 1;
        given.next().cloned()
    });
    // Who asks for the next cell was content with this one.
    record.is_ok() || pulled > before.len() + 1
}

/// What [`plain_cells`] found before, by table.
static PLAIN: Mutex<BTreeMap<&'static str, Vec<Cell<'static>>>> = Mutex::new(BTreeMap::new());

/// The plainest cells that the record accepts.
fn plain_cells<T: Row>() -> Vec<Cell<'static>> {
    let mut known = PLAIN.lock().unwrap_or_else(PoisonError::into_inner);
    let find = || {
        let mut plain = Vec::new();
        for (at, column) in T::TABLE.columns.iter().enumerate() {
            let mut candidates = candidates(column, at < T::TABLE.key).into_iter();
            let cell = candidates.find(|cell| fits::<T>(&plain, cell));
            plain.push(cell.expect("some candidate fits"));
        }
        plain
    };
    known.entry(T::TABLE.name).or_insert_with(find).clone()
}

/// The record that cells hold.
pub(super) fn record<T: Row>(cells: &[Cell<'static>]) -> T {
    let mut cells = cells.iter().cloned();
    T::from_cells(&mut || cells.next()).expect("the cells hold a record")
}

/// A record with nothing remarkable in any column, and none of them empty.
pub(super) fn plain<T: Row>() -> T {
    record(&plain_cells::<T>())
}

/// Records that between them hold every extreme that a column outside the key accepts: in one
/// column each, and in all columns at once. `number` sets the key to the n-th, from 1.
pub(super) fn variants<T: Row>(number: impl Fn(&mut T, i64)) -> Vec<T> {
    let (plain, key) = (plain_cells::<T>(), T::TABLE.key);
    let accepted: Vec<Vec<_>> = (key..plain.len())
        .map(|at| {
            let mut cells = candidates(&T::TABLE.columns[at], false);
            cells.retain(|cell| fits::<T>(&plain[..at], cell));
            cells
        })
        .collect();
    let mut rows = vec![plain.clone()];
    for (at, cells) in (key..).zip(&accepted) {
        for cell in &cells[1..] {
            let mut row = plain.clone();
            row[at] = cell.clone();
            rows.push(row);
        }
    }
    let most = accepted.iter().map(Vec::len).max().unwrap_or(0);
    for nth in 1..=most {
        // From behind, so that one row has every column empty that may be.
        let pick =
            |cells: &Vec<Cell<'static>>| cells[(cells.len() * most - nth) % cells.len()].clone();
        let row = plain[..key].iter().cloned();
        rows.push(row.chain(accepted.iter().map(pick)).collect());
    }
    let mut records: Vec<T> = rows.iter().map(|row| record(row)).collect();
    for (record, nth) in records.iter_mut().zip(1..) {
        number(record, nth);
    }
    records
}
