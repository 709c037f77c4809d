//! Bytes as the server lays them out: numbers, and what stands behind its own length.

/// What is left of some bytes.
#[derive(Clone, Copy)]
pub(crate) struct Parts<'a>(pub(crate) &'a [u8]);

impl<'a> Parts<'a> {
    pub(crate) fn byte(&mut self) -> Option<u8> {
        let (byte, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*byte)
    }

    pub(crate) fn short(&mut self) -> Option<u16> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(u16::from_be_bytes(*number))
    }

    pub(crate) fn number(&mut self) -> Option<i32> {
        let (number, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(i32::from_be_bytes(*number))
    }

    /// Bytes behind their length; none if it says that there is nothing.
    pub(crate) fn sized(&mut self) -> Option<Option<&'a [u8]>> {
        let Ok(length) = usize::try_from(self.number()?) else {
            return Some(None);
        };
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(Some(bytes))
    }
}
