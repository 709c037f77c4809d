//! PINs of a tenant: its policy, the population that the floor counts, and drawing one.

use sha2::{Digest, Sha256};
use tympan_vault::pin::{self, PinFault, PinPolicy, PinUse};
use tympan_vault::{RandomError, RandomSource, SecretText};
use zeroize::Zeroizing;

use crate::command::Stop;
use crate::configuration::{pin_policy, population};
use crate::error::{Code, Error};
use crate::records::{Config, Tenant};
use crate::view::View;

/// How many PINs are drawn before it is said that none is free: with half of all values taken,
/// 64 draws in a row fail once in 10^19.
pub(super) const MAX_DRAWS: usize = 64;

/// The tenant's rules. They were checked when they were set.
pub(super) fn policy(tenant: &Tenant) -> Result<PinPolicy, Error> {
    pin_policy(tenant).map_err(|_| Error::of(Code::StoreCorrupt).with("field", "pin_policy"))
}

/// How a PIN is used. One that signs in alone is guessed with anybody's, so that all users count:
/// those there are, and those whom the command adds.
pub(super) fn usage(
    view: &View,
    config: &Config,
    alone: bool,
    new_users: u64,
) -> Result<PinUse, Stop> {
    if !alone {
        return Ok(PinUse::Backing);
    }
    let users = u64::try_from(population(view, config)?).unwrap_or(0);
    Ok(PinUse::Alone {
        users: users.saturating_add(new_users),
    })
}

/// Checks a PIN that somebody chose.
pub(super) fn check(pin: &str, policy: &PinPolicy, usage: PinUse) -> Result<(), Error> {
    let pin = SecretText::new(pin).map_err(|_| refused(PinFault::TooLong))?;
    pin::check(&pin, policy, usage).map_err(refused)
}

/// Draws a PIN.
pub(super) fn draw(
    policy: &PinPolicy,
    usage: PinUse,
    random: &mut dyn RandomSource,
) -> Result<SecretText, Error> {
    pin::generate(policy, usage, random).map_err(refused)
}

/// Every PIN that was drawn is taken.
pub(super) fn none_free() -> Error {
    Error::new(Code::PinPolicy, "no free pin was found").with("rule", "none_free")
}

fn refused(fault: PinFault) -> Error {
    let error = |rule: &str| Error::new(Code::PinPolicy, fault.to_string()).with("rule", rule);
    match fault {
        PinFault::Unlearnable { users } => error("unlearnable").with("users", users),
        PinFault::TooShort { minimum } => error("too_short").with("minimum", minimum),
        PinFault::TooLong => error("too_long").with("maximum", pin::MAX_PIN_LENGTH),
        PinFault::Character => error("character"),
        PinFault::ConstantStep => error("constant_step"),
        PinFault::Denied => error("denied"),
        PinFault::Random(_) => Error::new(Code::Internal, fault.to_string()),
    }
}

/// What PINs and nonces are drawn from in the turn: the bytes are random, drawn while preparing,
/// and the length of the PIN is known only when the users are counted.
#[derive(Clone)]
pub(super) struct Seed(Zeroizing<[u8; 32]>);

impl Seed {
    pub(super) fn draw(random: &mut dyn RandomSource) -> Result<Self, Error> {
        let mut bytes = Zeroizing::new([0; 32]);
        random
            .fill(bytes.as_mut_slice())
            .map_err(|fault| refused(PinFault::Random(fault)))?;
        Ok(Self(bytes))
    }

    pub(super) fn stream(&self) -> SeedStream<'_> {
        SeedStream {
            seed: &self.0,
            next_block: 0,
            rest: Zeroizing::new(Vec::new()),
        }
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Seed(…)")
    }
}

/// The same bytes for the same seed: SHA-256 over label, seed and a counter.
pub(super) struct SeedStream<'a> {
    seed: &'a [u8; 32],
    next_block: u64,
    rest: Zeroizing<Vec<u8>>,
}

impl RandomSource for SeedStream<'_> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomError> {
        for byte in out {
            if self.rest.is_empty() {
                let mut hash = Sha256::new();
                hash.update(b"tympan 1 drawn pin\0");
                hash.update(self.seed);
                hash.update(self.next_block.to_be_bytes());
                self.rest.extend_from_slice(&hash.finalize());
                self.next_block += 1;
            }
            *byte = self.rest.pop().ok_or(RandomError)?;
        }
        Ok(())
    }
}
