//! How much work a password hash is.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The least memory that OWASP's list of equivalent settings knows.
const MIN_MEMORY_KIB: u32 = 7_168;
/// The least memory × passes on that list (7 MiB × 5).
const MIN_WORK: u64 = 35_840;
/// A quarter of a gibibyte: more would let a few sign-ins at once exhaust a small server, and a
/// forged hash in the database even more so.
const MAX_MEMORY_KIB: u32 = 262_144;
const MAX_PASSES: u32 = 16;
/// Lanes are computed one after the other, so more of them gain nothing here.
const MAX_LANES: u32 = 4;

/// The parameters of argon2id: memory in KiB, passes over it, lanes.
///
/// The default is OWASP's first choice: 19,456 KiB, 2 passes, 1 lane. A host may ask for other
/// values, but not for less work than any line of OWASP's list.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "Fields", into = "Fields")]
pub struct PasswordCost {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

/// Too little work to protect anybody, or more than a server should be asked for.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error(
    "password hashing takes {MIN_MEMORY_KIB} to {MAX_MEMORY_KIB} kib, 1 to {MAX_PASSES} passes, \
     1 to {MAX_LANES} lanes, and memory times passes of at least {MIN_WORK}"
)]
pub struct PasswordCostError;

impl PasswordCost {
    /// Other parameters than the default.
    ///
    /// # Errors
    ///
    /// [`PasswordCostError`] unless memory is 7,168 to 262,144 KiB, passes 1 to 16, lanes 1 to 4,
    /// and memory × passes at least 35,840.
    pub const fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, PasswordCostError> {
        let cost = Self {
            memory_kib,
            passes,
            lanes,
        };
        if memory_kib < MIN_MEMORY_KIB || cost.work() < MIN_WORK || !cost.is_affordable() {
            return Err(PasswordCostError);
        }
        Ok(cost)
    }

    /// The parameters of a stored hash: below the least that is allowed today, perhaps, but never
    /// above the most.
    pub(crate) fn stored(memory_kib: u32, passes: u32, lanes: u32) -> Option<Self> {
        let cost = Self {
            memory_kib,
            passes,
            lanes,
        };
        cost.is_affordable().then_some(cost)
    }

    /// Memory in KiB.
    pub const fn memory_kib(self) -> u32 {
        self.memory_kib
    }

    /// Passes over the memory.
    pub const fn passes(self) -> u32 {
        self.passes
    }

    /// Lanes.
    pub const fn lanes(self) -> u32 {
        self.lanes
    }

    /// What time is proportional to.
    pub(crate) const fn work(self) -> u64 {
        self.memory_kib as u64 * self.passes as u64
    }

    const fn is_affordable(self) -> bool {
        self.memory_kib <= MAX_MEMORY_KIB
            && 1 <= self.passes
            && self.passes <= MAX_PASSES
            && 1 <= self.lanes
            && self.lanes <= MAX_LANES
    }
}

impl Default for PasswordCost {
    fn default() -> Self {
        Self {
            memory_kib: 19_456,
            passes: 2,
            lanes: 1,
        }
    }
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    memory_kib: u32,
    passes: u32,
    lanes: u32,
}

impl TryFrom<Fields> for PasswordCost {
    type Error = PasswordCostError;

    fn try_from(fields: Fields) -> Result<Self, PasswordCostError> {
        Self::new(fields.memory_kib, fields.passes, fields.lanes)
    }
}

impl From<PasswordCost> for Fields {
    fn from(cost: PasswordCost) -> Self {
        Self {
            memory_kib: cost.memory_kib,
            passes: cost.passes,
            lanes: cost.lanes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        // given memory, passes, lanes, when asked for, then allowed
        let table = [
            (19_456, 2, 1, true),
            (47_104, 1, 1, true),
            (12_288, 3, 1, true),
            (9_216, 4, 1, true),
            (7_168, 5, 1, true),
            (262_144, 16, 4, true),
            (7_167, 6, 1, false),
            (19_456, 1, 1, false),
            (17_919, 2, 1, false),
            (262_145, 1, 1, false),
            (262_144, 17, 1, false),
            (262_144, 0, 1, false),
            (262_144, 1, 0, false),
            (262_144, 1, 5, false),
            (u32::MAX, u32::MAX, u32::MAX, false),
        ];
        for (memory, passes, lanes, then) in table {
            let cost = PasswordCost::new(memory, passes, lanes);
            assert_eq!(cost.is_ok(), then, "{memory} {passes} {lanes}");
        }
        let default = PasswordCost::default();
        assert_eq!(PasswordCost::new(19_456, 2, 1), Ok(default));
    }

    #[test]
    fn as_data() {
        let text = r#"{"memory_kib":19456,"passes":2,"lanes":1}"#;
        assert_eq!(
            serde_json::to_string(&PasswordCost::default()).unwrap(),
            text
        );
        assert_eq!(
            serde_json::from_str::<PasswordCost>(text).unwrap(),
            PasswordCost::default()
        );

        let weak = text.replace("19456", "16");
        assert!(serde_json::from_str::<PasswordCost>(&weak).is_err());
    }
}
