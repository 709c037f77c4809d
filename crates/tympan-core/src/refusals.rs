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
