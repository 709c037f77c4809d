//! Versions, counts and limits: 64 bits in the engine, 32 in other languages, where they are plain
//! numbers.

use tympan::{Code, Error, PageRequest};

/// A version or count of the engine. Two thousand million of anything that is counted here do not
/// happen; if they did, the number would stand still.
pub(crate) fn count(number: impl TryInto<i32>) -> i32 {
    number.try_into().unwrap_or(i32::MAX)
}

/// A count of a whole store, which may be greater.
pub(super) fn total(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// A version that the caller saw.
pub(crate) fn version(seen: Option<i32>) -> Option<i64> {
    seen.map(i64::from)
}

/// A number that has a least value.
///
/// # Errors
/// `invalid_value`.
pub(super) fn at_least<N: TryFrom<i32>>(field: &str, least: i32, number: i32) -> Result<N, Error> {
    let fitting = (number >= least).then(|| N::try_from(number).ok());
    fitting.flatten().ok_or_else(|| {
        Error::new(
            Code::InvalidValue,
            format!("`{field}` is less than {least}"),
        )
        .with("field", field)
    })
}

/// Rows of a page at most. The engine would give fewer than were asked for; a caller in another
/// language had better know.
const MAX_ROWS: i32 = 999;

/// Which page of a list.
///
/// # Errors
/// `invalid_value` for a limit that is none of 1 to 999.
pub(super) fn page(after: Option<String>, limit: Option<i32>) -> Result<PageRequest, Error> {
    let limit = match limit {
        None => 0,
        Some(rows) if rows <= MAX_ROWS => at_least("limit", 1, rows)?,
        Some(_) => {
            let message = format!("`limit` is more than {MAX_ROWS}");
            return Err(Error::new(Code::InvalidValue, message).with("field", "limit"));
        }
    };
    Ok(PageRequest { after, limit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_do_not_fit_become_the_greatest() {
        assert_eq!(count(7_i64), 7);
        assert_eq!(count(i64::MAX), i32::MAX);
        assert_eq!(total(u64::MAX), i64::MAX);
    }

    #[test]
    fn limits_are_1_to_999() {
        for (limit, rows) in [
            (None, Some(0)),
            (Some(1), Some(1)),
            (Some(999), Some(999)),
            (Some(1_000), None),
            (Some(0), None),
            (Some(-1), None),
        ] {
            let page = page(None, limit);
            if let Err(error) = &page {
                assert_eq!(error.code(), Code::InvalidValue);
                assert_eq!(error.detail("field"), Some("limit"));
            }
            assert_eq!(page.ok().map(|page| page.limit), rows, "{limit:?}");
        }
    }
}
