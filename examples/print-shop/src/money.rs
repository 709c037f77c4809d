//! Decimal text and micros of a euro: exact both ways, never through a float.

/// One euro.
pub const EUR: i64 = 1_000_000;

const DECIMALS: usize = 6;

/// Why a text is not an amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Anything but `-`, digits, and one `.` with digits on both sides.
    #[error("not a decimal number")]
    NotANumber,
    /// A micro is the smallest amount there is; rounding would lose money in silence.
    #[error("more than {DECIMALS} decimals")]
    TooFine,
    /// Beyond what 64 bits of micros hold.
    #[error("too large")]
    TooLarge,
}

/// Reads `25.00`, `-3.5`, `7`. No sign but `-`, no separators, no exponent, no currency.
pub fn parse(text: &str) -> Result<i64, MoneyError> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = match digits.split_once('.') {
        Some((_, "")) => return Err(MoneyError::NotANumber),
        Some(parts) => parts,
        None => (digits, ""),
    };
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return Err(MoneyError::NotANumber);
    }
    if fraction.len() > DECIMALS {
        return Err(MoneyError::TooFine);
    }
    let padding = std::iter::repeat_n(b'0', DECIMALS - fraction.len());
    whole
        .bytes()
        .chain(fraction.bytes())
        .chain(padding)
        .try_fold(0_i64, |sum, byte| {
            let digit = i64::from(byte - b'0');
            // Downwards for negative amounts, because the least one has no positive twin.
            let digit = if negative { -digit } else { digit };
            sum.checked_mul(10)?.checked_add(digit)
        })
        .ok_or(MoneyError::TooLarge)
}

/// Writes at least two decimals, and no more than the amount needs: `25.00`, `0.1125`.
pub fn format(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let unit = EUR.unsigned_abs();
    let (whole, rest) = (micros.unsigned_abs() / unit, micros.unsigned_abs() % unit);
    let fraction = format!("{rest:06}");
    let fraction = fraction.trim_end_matches('0');
    format!("{sign}{whole}.{fraction:0<2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_micros_exactly() {
        for (text, expected) in [
            ("25.00", Ok(25_000_000)),
            ("0", Ok(0)),
            ("-0.00", Ok(0)),
            ("007", Ok(7_000_000)),
            ("-3.5", Ok(-3_500_000)),
            ("0.000001", Ok(1)),
            ("9223372036854.775807", Ok(i64::MAX)),
            ("-9223372036854.775808", Ok(i64::MIN)),
            ("9223372036854.775808", Err(MoneyError::TooLarge)),
            ("-9223372036854.775809", Err(MoneyError::TooLarge)),
            ("99999999999999999999", Err(MoneyError::TooLarge)),
            ("0.0000001", Err(MoneyError::TooFine)),
            ("1.0000000", Err(MoneyError::TooFine)),
            ("", Err(MoneyError::NotANumber)),
            ("-", Err(MoneyError::NotANumber)),
            (".5", Err(MoneyError::NotANumber)),
            ("5.", Err(MoneyError::NotANumber)),
            ("+5", Err(MoneyError::NotANumber)),
            ("--5", Err(MoneyError::NotANumber)),
            ("5,00", Err(MoneyError::NotANumber)),
            ("1.2.3", Err(MoneyError::NotANumber)),
            ("1e3", Err(MoneyError::NotANumber)),
            ("€5", Err(MoneyError::NotANumber)),
            ("٥", Err(MoneyError::NotANumber)),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn micros_become_text() {
        for (micros, expected) in [
            (0, "0.00"),
            (25_000_000, "25.00"),
            (112_500, "0.1125"),
            (-3_500_000, "-3.50"),
            (-1, "-0.000001"),
            (i64::MIN, "-9223372036854.775808"),
        ] {
            assert_eq!(format(micros), expected);
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_reads_back(micros: i64) {
            assert_eq!(parse(&format(micros)), Ok(micros));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = parse(&text);
        }
    }
}
