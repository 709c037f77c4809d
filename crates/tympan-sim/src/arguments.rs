//! Flags of the programs: names with numbers.

use std::collections::BTreeMap;

/// What stood on the command line.
#[derive(Clone, Debug, Default)]
pub struct Arguments(BTreeMap<String, u64>);

impl Arguments {
    /// Reads `--name number` for each of these names.
    ///
    /// # Errors
    /// A sentence about what cannot be understood.
    pub fn read(names: &[&str]) -> Result<Self, String> {
        Self::parse(names, std::env::args().skip(1))
    }

    fn parse(names: &[&str], arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut read = Self::default();
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            let name = argument.strip_prefix("--").unwrap_or_default();
            if !names.contains(&name) {
                return Err(format!("`{argument}` is not known"));
            }
            let number = arguments.next().unwrap_or_default();
            let number = number
                .parse()
                .map_err(|_| format!("`{argument}` takes a number, not `{number}`"))?;
            read.0.insert(name.to_owned(), number);
        }
        Ok(read)
    }

    /// The number that was given.
    #[must_use]
    pub fn given(&self, name: &str) -> Option<u64> {
        self.0.get(name).copied()
    }

    /// The number that was given, or another.
    #[must_use]
    pub fn number(&self, name: &str, otherwise: u64) -> u64 {
        self.given(name).unwrap_or(otherwise)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_numbers() {
        let parse = |text: &str| {
            let words = text.split_whitespace().map(str::to_owned);
            Arguments::parse(&["seeds", "steps"], words)
        };
        let read = parse("--steps 5").unwrap();
        assert_eq!((read.number("steps", 1), read.number("seeds", 7)), (5, 7));
        for wrong in ["--steps", "--steps x", "steps 5", "--other 5", "--steps -1"] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
