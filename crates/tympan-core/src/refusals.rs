//! When several refusals apply, the documented order decides which one is told.

use crate::command::Stop;
use crate::error::{Code, Error};

/// Keeps, of the refusals it is told, the one that comes first in the order of
/// [`Code`](crate::error::Code).
#[derive(Debug, Default)]
pub(crate) struct Refusals(Option<Error>);

impl Refusals {
    /// One more refusal.
    pub(crate) fn note(&mut self, error: Error) {
        if self
            .0
            .as_ref()
            .is_none_or(|kept| error.code() < kept.code())
        {
            self.0 = Some(error);
        }
    }

    /// What a check gave, if it neither refused nor lacks anything.
    pub(crate) fn check<T>(&mut self, checked: Result<T, Stop>) -> Result<Option<T>, Stop> {
        match checked {
            Ok(value) => Ok(Some(value)),
            Err(Stop::Refused(error)) => {
                self.note(error);
                Ok(None)
            }
            Err(needs @ Stop::Needs(_)) => Err(needs),
        }
    }

    /// What a step of preparing gave, if it refused nothing.
    pub(crate) fn prepared<T>(&mut self, prepared: Result<T, Error>) -> Option<T> {
        prepared.map_err(|error| self.note(error)).ok()
    }

    /// Like [`Refusals::prepared`]; what was refused is left empty, and nobody will see it.
    pub(crate) fn or_default<T: Default>(&mut self, prepared: Result<T, Error>) -> T {
        self.prepared(prepared).unwrap_or_default()
    }

    /// Everything that was prepared, or the refusal to tell.
    pub(crate) fn all<T>(self, prepared: Option<T>) -> Result<T, Error> {
        self.finish()?;
        prepared.ok_or_else(|| Error::of(Code::Internal))
    }

    /// The refusal to tell, if there is one.
    pub(crate) fn finish(self) -> Result<(), Error> {
        self.0.map_or(Ok(()), Err)
    }
}

/// A list is longer than its limit.
pub(crate) fn too_many(field: &str, limit: usize) -> Error {
    Error::new(
        Code::TooMany,
        format!("there can be at most {limit} of `{field}`"),
    )
    .with("field", field)
    .with("limit", limit)
}

/// Checks that a thing still has the version that an edit was made against.
pub(crate) fn stale(version: i64, expected_version: Option<i64>) -> Result<(), Error> {
    match expected_version {
        Some(expected) if expected != version => Err(Error::new(
            Code::StaleVersion,
            format!("the version is `{version}`, not `{expected}`"),
        )
        .with("expected_version", expected)
        .with("version", version)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_in_the_documented_order_is_told() {
        for told in [
            [Code::Retired, Code::Denied, Code::StaleVersion],
            [Code::Denied, Code::StaleVersion, Code::Retired],
        ] {
            let mut refusals = Refusals::default();
            for code in told {
                refusals.note(Error::of(code));
            }
            assert_eq!(refusals.finish().unwrap_err().code(), Code::Denied);
        }
        assert_eq!(Refusals::default().finish(), Ok(()));
    }
}
