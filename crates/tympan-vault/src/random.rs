//! Random bytes as an argument.

use thiserror::Error;

/// Where random bytes come from: the host's generator, or a seeded one in a simulation.
///
/// The bytes must be fit for keys: unpredictable, uniform and independent. The operating system's
/// source is; a general-purpose generator is not.
///
/// Every `FnMut(&mut [u8]) -> Result<(), RandomError>` is a source.
pub trait RandomSource {
    /// Overwrites all of `out` with random bytes.
    ///
    /// # Errors
    ///
    /// [`RandomError`] if the source has none to give; `out` is not to be used then.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomError>;
}

impl<F> RandomSource for F
where
    F: FnMut(&mut [u8]) -> Result<(), RandomError>,
{
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomError> {
        self(out)
    }
}

/// The source gave no random bytes, or bytes that cannot be random.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("the random source failed")]
pub struct RandomError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closure_is_a_source() {
        let mut next = 0;
        let mut count_up = |out: &mut [u8]| {
            for byte in out {
                *byte = next;
                next += 1;
            }
            Ok(())
        };
        let source: &mut dyn RandomSource = &mut count_up;

        let mut out = [0xff; 3];
        source.fill(&mut out).unwrap();

        assert_eq!(out, [0, 1, 2]);
    }
}
