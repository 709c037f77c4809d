//! When several refusals apply, the documented order decides which one is told.

use crate::command::Stop;
use crate::error::Error;

/// Keeps, of the refusals it is told, the one that comes first in the order of
/// [`Code`](crate::error::Code).
#[derive(Debug, Default)]
pub(super) struct Refusals(Option<Error>);

impl Refusals {
    /// One more refusal.
    pub(super) fn note(&mut self, error: Error) {
        if self
            .0
            .as_ref()
            .is_none_or(|kept| error.code() < kept.code())
        {
            self.0 = Some(error);
        }
    }

    /// What a check gave, if it neither refused nor lacks anything.
    pub(super) fn check<T>(&mut self, checked: Result<T, Stop>) -> Result<Option<T>, Stop> {
        match checked {
            Ok(value) => Ok(Some(value)),
            Err(Stop::Refused(error)) => {
                self.note(error);
                Ok(None)
            }
            Err(needs @ Stop::Needs(_)) => Err(needs),
        }
    }

    /// The refusal to tell, if there is one.
    pub(super) fn finish(self) -> Result<(), Error> {
        self.0.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Code;

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
