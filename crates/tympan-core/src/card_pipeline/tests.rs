//! Reads of cards, good and bad.

use proptest::prelude::*;

use super::step::{hex_width, largest};
use super::*;

fn pipeline(json: &str) -> CardPipeline {
    CardPipeline::parse(json).unwrap()
}

fn steps(steps: Vec<Step>) -> CardPipeline {
    CardPipeline::new(steps, None).unwrap()
}

#[test]
fn the_default_strips_and_makes_capitals() {
    let default = CardPipeline::default();
    for (raw, value) in [
        ("04a224e2", Some("04A224E2")),
        (" \u{2}04A224E2\r\n\u{feff}", Some("04A224E2")),
        ("", None),
        (" \t", None),
        ("04 A2", None),
        ("04:A2", None),
        ("äb", None),
        (&"7".repeat(64), Some("7".repeat(64).as_str())),
        (&"7".repeat(65), None),
        (&"7".repeat(257), None),
    ] {
        assert_eq!(default.apply(raw).ok().as_deref(), value, "{raw:?}");
    }
    assert!(!default.is_lossy());
    assert_eq!(pipeline(&default.to_json()), default);
    assert_eq!(pipeline("[]"), default);
}

#[test]
fn each_step() {
    let upper = Step::FoldCase { to: Case::Upper };
    let lower = Step::FoldCase { to: Case::Lower };
    let pad = |width| Step::PadLeft { width, with: '0' };
    let part = |from, length| Step::Substring { from, length };
    let regex = |pattern: &str, group| Step::Regex {
        pattern: pattern.to_owned(),
        group,
    };
    let table = [
        (Step::StripInvisible, " a\u{200b}b c ", Some("ab c")),
        (Step::StripWhitespace, " a b\u{a0}c ", Some("abc")),
        (upper, "aäB", Some("AäB")),
        (lower, "aÄB", Some("aÄb")),
        (
            Step::HexToDecimal { bits: 32 },
            "E224A204",
            Some("3794051588"),
        ),
        (
            Step::HexToDecimal { bits: 32 },
            "00000001",
            Some("0000000001"),
        ),
        (Step::HexToDecimal { bits: 32 }, "1", None),
        (Step::HexToDecimal { bits: 32 }, "0E224A204", None),
        (Step::HexToDecimal { bits: 32 }, "E224A20G", None),
        (Step::HexToDecimal { bits: 26 }, "3FFFFFF", Some("67108863")),
        (Step::HexToDecimal { bits: 26 }, "4000000", None),
        (
            Step::DecimalToHex { bits: 32 },
            "3794051588",
            Some("E224A204"),
        ),
        (
            Step::DecimalToHex { bits: 32 },
            "4294967295",
            Some("FFFFFFFF"),
        ),
        (Step::DecimalToHex { bits: 32 }, "4294967296", None),
        (Step::DecimalToHex { bits: 32 }, "+794051588", None),
        (
            Step::DecimalToHex { bits: 128 },
            "340282366920938463463374607431768211455",
            Some("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"),
        ),
        (
            Step::DecimalToHex { bits: 128 },
            "340282366920938463463374607431768211456",
            None,
        ),
        (Step::ReverseBytes, "04A224E2", Some("E224A204")),
        (Step::ReverseBytes, "04A", None),
        (Step::ReverseBytes, "04:A", None),
        (Step::ReverseBytes, "", None),
        (part(2, 3), "abcdef", Some("cde")),
        (part(4, 3), "abcdef", None),
        (pad(5), "42", Some("00042")),
        (pad(2), "421", Some("421")),
        (Step::KeepDigits, "a1-2\u{663}", Some("12")),
        (Step::KeepDigits, "abc", None),
        (regex("^;([0-9]+)\\?$", 1), ";123?", Some("123")),
        (regex("^;([0-9]+)\\?$", 1), "123", None),
        (regex("a(b)?c", 1), "ac", None),
    ];
    for (step, raw, value) in table {
        let applied = steps(vec![step.clone()]).apply(raw);
        assert_eq!(applied.as_deref().ok(), value, "{step:?} {raw:?}");
        if let Err(error) = applied {
            assert_eq!(error.code(), Code::CardFormat, "{step:?} {raw:?}");
        }
    }
}

#[test]
fn what_does_not_have_the_format_is_refused() {
    let fixed = pipeline(
        r#"{"steps":[{"step":"strip_invisible"}],"yields":{"min_length":8,"max_length":8,
            "alphabet":"digits","facility_code":"49","check":"luhn"}}"#,
    );
    for (raw, fits) in [
        ("49927398716", false),
        ("49927395", true),
        ("4992739", false),
        ("499273955", false),
        ("49927397", false),
        ("49927935", false),
        ("4992739A", false),
        ("18927391", false),
    ] {
        let applied = fixed.apply(raw);
        assert_eq!(applied.is_ok(), fits, "{raw} {applied:?}");
        if let Err(error) = applied {
            assert_eq!(error.code(), Code::CardFormat);
            assert!(!error.to_string().contains(raw));
        }
    }
}

#[test]
fn the_check_finds_every_single_wrong_digit() {
    let checked = pipeline(
        r#"{"steps":[],"yields":{"min_length":2,"max_length":19,"alphabet":"digits",
            "check":"luhn"}}"#,
    );
    for good in [
        "18",
        "59",
        "4111111111111111",
        "5500000000000004",
        "79927398713",
    ] {
        assert!(checked.apply(good).is_ok(), "{good}");
        for (at, digit) in good.char_indices() {
            for wrong in ('0'..='9').filter(|wrong| *wrong != digit) {
                let mut read = good.to_owned();
                read.replace_range(at..=at, &wrong.to_string());
                assert!(checked.apply(&read).is_err(), "{good} {read}");
            }
        }
    }
}

#[test]
fn a_pipeline_that_cannot_work_is_refused() {
    let many = format!(
        r#"{{"steps":[{}]}}"#,
        vec![r#"{"step":"keep_digits"}"#; MAX_STEPS + 1].join(",")
    );
    let yields = |fields: &str| format!(r#"{{"steps":[],"yields":{{{fields}}}}}"#);
    let step = |fields: &str| format!(r#"{{"steps":[{{{fields}}}]}}"#);
    for json in [
        "",
        "[1]",
        "{}",
        &many,
        &step(r#""step":"shuffle""#),
        &step(r#""step":"hex_to_decimal""#),
        &step(r#""step":"hex_to_decimal","bits":0"#),
        &step(r#""step":"decimal_to_hex","bits":129"#),
        &step(r#""step":"substring","from":0,"length":0"#),
        &step(r#""step":"substring","from":18446744073709551615,"length":2"#),
        &step(r#""step":"pad_left","width":0,"with":"0""#),
        &step(r#""step":"pad_left","width":1000,"with":"0""#),
        &step(r#""step":"pad_left","width":4,"with":" ""#),
        &step(r#""step":"regex","pattern":"(","group":0"#),
        &step(r#""step":"regex","pattern":"","group":0"#),
        &step(r#""step":"regex","pattern":"(a)","group":2"#),
        &step(r#""step":"regex","pattern":"(\\w{500}){500}","group":0"#),
        &yields(r#""min_length":0,"max_length":4,"alphabet":"digits""#),
        &yields(r#""min_length":5,"max_length":4,"alphabet":"digits""#),
        &yields(r#""min_length":1,"max_length":400,"alphabet":"digits""#),
        &yields(r#""min_length":1,"max_length":4,"alphabet":"letters""#),
        &yields(r#""min_length":1,"max_length":4,"alphabet":"hex","check":"luhn""#),
        &yields(r#""min_length":1,"max_length":4,"alphabet":"digits","facility_code":"A""#),
    ] {
        let error = CardPipeline::parse(json).unwrap_err();
        assert_eq!(error.code(), Code::InvalidPipeline, "{json}");
    }
}

#[test]
fn a_preview_shows_every_step_up_to_the_one_that_fails() {
    let pipeline = steps(vec![
        Step::StripInvisible,
        Step::ReverseBytes,
        Step::HexToDecimal { bits: 32 },
    ]);
    let preview = pipeline.preview(" 04A224E2 ");
    let texts: Vec<&str> = preview
        .steps
        .iter()
        .map(|(_, text)| text.as_str())
        .collect();
    assert_eq!(texts, ["04A224E2", "E224A204", "3794051588"]);
    assert_eq!(preview.outcome, Ok("3794051588".to_owned()));

    let preview = pipeline.preview("04A224");
    assert_eq!(
        preview.steps.last(),
        Some(&("reverse_bytes", "24A204".to_owned()))
    );
    let error = preview.outcome.unwrap_err();
    assert_eq!(error.detail("step"), Some("3"));
}

#[test]
fn converters_are_the_opposite_of_each_other_over_a_whole_width() {
    let to_decimal = steps(vec![Step::HexToDecimal { bits: 18 }]);
    let to_hex = steps(vec![Step::DecimalToHex { bits: 18 }]);
    for number in 0..1_u32 << 18 {
        let hex = format!("{number:05X}");
        let decimal = to_decimal.apply(&hex).unwrap();
        assert_eq!(decimal, format!("{number:06}"));
        assert_eq!(to_hex.apply(&decimal).unwrap(), hex);
    }
    assert!(to_decimal.apply("40000").is_err());
    assert!(to_hex.apply("262144").is_err());
}

proptest! {
    #[test]
    fn converters_of_every_width_lose_nothing(bits in 1_u8..=MAX_BITS, seed in any::<u128>()) {
        let number = seed & largest(bits);
        let width = hex_width(bits);
        let hex = format!("{number:0width$X}");
        let there = steps(vec![Step::HexToDecimal { bits }]).apply(&hex).unwrap();
        prop_assert_eq!(there.parse::<u128>().unwrap(), number);
        prop_assert_eq!(steps(vec![Step::DecimalToHex { bits }]).apply(&there).unwrap(), hex);
    }

    #[test]
    fn a_dropped_or_doubled_character_is_never_looked_up(number in any::<u32>(), at in 0_usize..10) {
        let fixed = pipeline(r#"{"steps":[{"step":"strip_invisible"},
            {"step":"decimal_to_hex","bits":32}]}"#);
        let read = format!("{number:010}");
        prop_assert!(fixed.apply(&read).is_ok());
        let mut dropped = read.clone();
        let symbol = dropped.remove(at);
        prop_assert!(fixed.apply(&dropped).is_err());
        let mut doubled = read;
        doubled.insert(at, symbol);
        prop_assert!(fixed.apply(&doubled).is_err());
    }

    #[test]
    fn no_read_breaks_a_pipeline(raw in ".{0,300}") {
        let all = steps(vec![
            Step::StripInvisible,
            Step::PadLeft { width: 8, with: '0' },
            Step::Substring { from: 0, length: 8 },
        ]);
        let _ = all.apply(&raw);
        let _ = CardPipeline::default().preview(&raw);
    }
}
