//! Counters, what is derived from them, what contradicts what, and how entries keep them.

use proptest::prelude::*;

use super::*;
use crate::error::Code;
use crate::measure::Measure;
use crate::row::{Cell, Field};

fn measure(name: &str) -> CustomMeasure {
    CustomMeasure::parse(name).unwrap()
}

fn of(counts: &[(Counter, i64)]) -> Usage {
    let nothing = Usage::default();
    let with = |usage: Usage, count: &(Counter, i64)| usage.with(count.0, count.1);
    counts.iter().fold(nothing, with)
}

/// Pages, colour pages, mono pages, impressions, sheets.
fn totals(usage: &Usage) -> [i64; 5] {
    [
        Measure::TotalPages,
        Measure::ColourPages,
        Measure::MonoPages,
        Measure::Impressions,
        Measure::Sheets,
    ]
    .map(|measure| usage.of(measure))
}

#[test]
fn what_a_host_does_not_give_is_derived() {
    use Counter::*;
    let table: &[(Usage, [i64; 5])] = &[
        (Usage::default(), [0, 0, 0, 0, 0]),
        (Usage::pages(3), [3, 0, 3, 3, 3]),
        (Usage::pages(3).colour(1), [3, 1, 2, 3, 3]),
        (Usage::pages(7).two_sided(true), [7, 0, 7, 7, 4]),
        (Usage::pages(7).two_sided(true).sheets(5), [7, 0, 7, 7, 5]),
        (of(&[(ColourPages, 2)]), [2, 2, 0, 2, 2]),
        (of(&[(ColourPages, 2), (MonoPages, 3)]), [5, 2, 3, 5, 5]),
        (of(&[(Pages, 6), (MonoPages, 4)]), [6, 2, 4, 6, 6]),
        // Two blank pages.
        (
            of(&[(Pages, 7), (ColourPages, 1), (MonoPages, 4)]),
            [7, 1, 4, 7, 7],
        ),
        // Two pages to a side.
        (of(&[(Pages, 8), (Impressions, 4)]), [8, 0, 8, 4, 4]),
        (of(&[(Impressions, 5), (ColourPages, 2)]), [5, 2, 3, 5, 5]),
        (of(&[(Impressions, 5)]).two_sided(true), [5, 0, 5, 5, 3]),
        // Only sides by colour: a blank side is a page of neither.
        (
            of(&[
                (FullColourSides, 1),
                (HighlightColourSides, 2),
                (MonochromeSides, 4),
                (BlankSides, 8),
            ]),
            [15, 3, 4, 15, 15],
        ),
        (
            of(&[
                (BlankSidesTwoSided, 1),
                (FullColourSidesTwoSided, 2),
                (HighlightColourSidesTwoSided, 3),
                (MonochromeSidesTwoSided, 5),
                (MonochromeSides, 2),
            ]),
            [13, 5, 7, 13, 8],
        ),
        // What is not told apart by colour is mono.
        (
            of(&[(Impressions, 9), (FullColourSides, 4)]),
            [9, 4, 5, 9, 9],
        ),
        (of(&[(Pages, 3), (FullColourSides, 9)]), [3, 3, 0, 9, 9]),
        (
            of(&[(Pages, 3), (FullColourSheets, 1), (BlankSheets, 2)]),
            [3, 0, 3, 3, 3],
        ),
        (of(&[(Sheets, 4)]), [0, 0, 0, 0, 4]),
    ];
    for (usage, expected) in table {
        assert_eq!(totals(usage), *expected, "{usage:?}");
        assert_eq!(totals(&usage.in_full()), *expected, "{usage:?}");
    }
}

#[test]
fn everything_else_is_as_counted() {
    let staples = measure("staples");
    let usage = of(&[
        (Counter::Kilobytes, 1),
        (Counter::Area, 2),
        (Counter::Length, 3),
        (Counter::Scans, 4),
        (Counter::Faxes, 5),
        (Counter::Points, 6),
    ])
    .custom(staples, 7);
    for (measure, count) in [
        (Measure::Kilobytes, 1),
        (Measure::Area, 2),
        (Measure::Length, 3),
        (Measure::Scans, 4),
        (Measure::Faxes, 5),
        (Measure::Points, 6),
        (Measure::Custom(staples), 7),
        (Measure::Custom(measure("other")), 0),
        (Measure::Jobs, 1),
    ] {
        assert_eq!(usage.of(measure), count, "{measure:?}");
        assert_eq!(
            Usage::default().of(measure),
            i64::from(measure == Measure::Jobs)
        );
    }
}

#[test]
fn counters_that_contradict_each_other_are_refused() {
    use Counter::*;
    let table: &[(Usage, Option<&str>)] = &[
        (Usage::default(), None),
        (Usage::pages(0), None),
        (Usage::pages(7).two_sided(true), None),
        (Usage::pages(MAX_COUNT), None),
        (Usage::pages(-1), Some("pages")),
        (Usage::pages(MAX_COUNT + 1), Some("pages")),
        (Usage::pages(i64::MIN), Some("pages")),
        (Usage::pages(i64::MAX).colour(i64::MAX), Some("pages")),
        (Usage::pages(3).colour(3), None),
        (Usage::pages(3).colour(4), Some("colour_pages")),
        (Usage::pages(3).colour(-1), Some("colour_pages")),
        (
            Usage::pages(3).colour(2).with(MonoPages, 2),
            Some("mono_pages"),
        ),
        (Usage::pages(3).with(MonoPages, 4), Some("mono_pages")),
        (of(&[(ColourPages, 2)]), None),
        (
            of(&[(ColourPages, MAX_COUNT), (MonoPages, 1)]),
            Some("pages"),
        ),
        (Usage::pages(3).sheets(4), Some("sheets")),
        (Usage::pages(3).sheets(5).with(BlankSheets, 2), None),
        (of(&[(Sheets, 4)]), None),
        (of(&[(Sheets, 1), (FullColourSheets, 2)]), Some("sheets")),
        (
            of(&[
                (Impressions, 2),
                (FullColourSides, 1),
                (MonochromeSidesTwoSided, 2),
            ]),
            Some("impressions"),
        ),
        (
            of(&[(BlankSides, MAX_COUNT), (MonochromeSides, MAX_COUNT)]),
            Some("pages"),
        ),
        (
            of(&[(FullColourSides, -1)]),
            Some("impressions_by_colour.full_colour"),
        ),
        (of(&[(Area, MAX_MEASURED)]), None),
        (of(&[(Area, MAX_MEASURED + 1)]), Some("area")),
        (of(&[(Length, i64::MIN)]), Some("length")),
        (of(&[(Scans, MAX_COUNT + 1)]), Some("scans")),
        (of(&[(Points, i64::MAX)]), Some("points")),
        (Usage::default().custom(measure("a"), -1), Some("custom")),
        (
            Usage::default().custom(measure("a"), i64::MAX),
            Some("custom"),
        ),
        (Usage::default().custom(measure("a"), MAX_MEASURED), None),
    ];
    for (usage, field) in table {
        let refused = usage.check().err();
        let told = refused.as_ref().and_then(|error| error.detail("field"));
        assert_eq!(told, *field, "{usage:?}");
        let code = refused.as_ref().map(crate::error::Error::code);
        assert_eq!(code, field.map(|_| Code::InvalidUsage));
    }
    // Derived sums do not overflow even where nothing was checked.
    let all = Counter::ALL.iter().map(|counter| (*counter, i64::MAX));
    totals(&of(&all.collect::<Vec<_>>()));
}

#[test]
fn a_job_has_at_most_sixteen_custom_counts() {
    let many = |count: usize| {
        (0..count).fold(Usage::default(), |usage, at| {
            usage.custom(measure(&format!("m{at}")), 1)
        })
    };
    assert_eq!(many(MAX_CUSTOM_COUNTS).check(), Ok(()));
    let refused = many(MAX_CUSTOM_COUNTS + 1).check().unwrap_err();
    assert_eq!(refused.code(), Code::TooMany);
    let twice = Usage::default()
        .custom(measure("a"), 1)
        .custom(measure("a"), 2);
    assert_eq!(
        twice.custom_counts().collect::<Vec<_>>(),
        [(measure("a"), 2)]
    );
}

#[test]
fn the_form_that_is_kept_never_changes() {
    let table: &[(Usage, &[u8])] = &[
        (Usage::default(), &[1]),
        (Usage::pages(1), &[1, 0, 1]),
        (
            Usage::pages(300).colour(5).two_sided(true),
            &[1, 0, 0xac, 2, 1, 5, 0x40],
        ),
        (Usage::default().with(Counter::Points, 7), &[1, 22, 7]),
        (
            Usage::default().with(Counter::Sheets, 0).media("a4"),
            &[1, 12, 0, 0x41, 2, b'a', b'4'],
        ),
        (
            Usage::default()
                .custom(measure("b"), 2)
                .custom(measure("a"), 128),
            &[1, 0x42, 1, b'a', 0x80, 1, 0x42, 1, b'b', 2],
        ),
    ];
    for (usage, bytes) in table {
        let kept = KeptUsage::of(usage);
        assert_eq!(kept.as_bytes(), *bytes, "{usage:?}");
        assert_eq!(kept.usage(), *usage);
    }
    assert!(size_of::<KeptUsage>() <= 32);
}

fn read(bytes: &[u8]) -> Option<KeptUsage> {
    KeptUsage::from_cell(Cell::Bytes(bytes.into()))
}

#[test]
fn what_is_no_form_of_usage_is_not_read() {
    let table: &[&[u8]] = &[
        &[],
        &[0],
        &[2],
        &[1, 0],
        &[1, 23, 1],
        &[1, 0, 0x80],
        // More bytes than the count takes, and more than a count has.
        &[1, 0, 0x80, 0],
        &[
            1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,
        ],
        // Another order, or twice.
        &[1, 1, 5, 0, 1],
        &[1, 0, 1, 0, 1],
        &[1, 0x40, 0x40],
        &[1, 0x40, 0, 1],
        &[1, 0x41, 2, b'a'],
        &[1, 0x41, 1, 0xff],
        &[1, 0x42, 1, b'A', 1],
        &[1, 0x42, 1, b'a'],
        &[1, 0x42, 1, b'b', 1, 0x42, 1, b'a', 1],
        &[1, 0x42, 1, b'a', 1, 0x42, 1, b'a', 1],
        &[1, 0x43, 0x43],
        &[1, 0x43, 0x44],
        &[1, 0x45],
    ];
    for bytes in table {
        assert_eq!(read(bytes), None, "{bytes:?}");
    }
    let mut long = vec![1, 0x41, 0xff, 0xff, 1];
    long.resize(5 + 0x7fff, b'a');
    assert_eq!(read(&long), None);
}

fn any_usage() -> impl Strategy<Value = Usage> {
    let counts = proptest::collection::vec((0..Counter::ALL.len(), any::<i64>()), 0..24);
    let custom = proptest::collection::vec(("[a-z][a-z0-9_]{0,23}", 0..=MAX_MEASURED), 0..=16);
    let media = proptest::option::of(".{0,200}");
    (counts, custom, media, any::<bool>()).prop_map(|(counts, custom, media, two_sided)| {
        let mut usage = Usage::default().two_sided(two_sided);
        for (at, count) in counts {
            usage.set(Counter::ALL[at], Some(count & i64::MAX));
        }
        for (name, count) in custom {
            usage = usage.custom(measure(&name), count);
        }
        usage.media = media.map(Into::into);
        usage
    })
}

proptest! {
    #[test]
    fn usage_comes_back_as_it_was_kept(usage in any_usage()) {
        let kept = KeptUsage::of(&usage);
        prop_assert_eq!(&kept.usage(), &usage);
        prop_assert_eq!(read(kept.as_bytes()), Some(kept));
        let json = serde_json::to_string(&usage).unwrap();
        prop_assert_eq!(serde_json::from_str::<Usage>(&json).unwrap(), usage);
    }

    #[test]
    fn bytes_that_are_read_are_the_form_of_what_they_say(
        bytes in proptest::collection::vec(prop_oneof![0_u8..0x44, any::<u8>()], 0..12)
    ) {
        let bytes = [&[1], &bytes[..]].concat();
        if let Some(kept) = read(&bytes) {
            let again = KeptUsage::of(&kept.usage());
            prop_assert_eq!(again.as_bytes(), &bytes[..]);
        }
    }

    #[test]
    fn usage_that_is_not_the_same_differs_in_something(one in any_usage(), other in any_usage()) {
        prop_assert_eq!(one.differs(&other).is_some(), one != other);
        prop_assert_eq!(one.differs(&one), None);
    }

    #[test]
    fn parts_of_usage_that_passes_are_no_larger_than_their_wholes(
        counts in proptest::collection::vec((0..17_usize, 0..9_i64), 0..6), two_sided: bool
    ) {
        let counts: Vec<_> = counts.into_iter().map(|(at, count)| (Counter::ALL[at], count)).collect();
        let usage = of(&counts).two_sided(two_sided);
        prop_assume!(usage.check().is_ok());
        let [pages, colour, mono, impressions, sheets] = totals(&usage);
        prop_assert!(totals(&usage).iter().all(|total| *total >= 0), "{:?}", totals(&usage));
        prop_assert!(colour + mono <= pages);
        prop_assert!(impressions <= MAX_COUNT && sheets <= MAX_COUNT);
    }
}
