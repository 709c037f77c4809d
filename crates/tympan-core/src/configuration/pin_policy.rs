//! The PIN policy that a tenant's settings make, and the words that stand for it in the database.

use tympan_vault::pin::{COMMON_PINS, PinAlphabet, PinFloor, PinPolicy};

use crate::error::{Code, Error};
use crate::records::Tenant;

/// The policy, with the deny list that everybody has.
///
/// # Errors
/// `invalid_value`; the details name the setting.
pub(crate) fn pin_policy(tenant: &Tenant) -> Result<PinPolicy, Error> {
    let (alphabet, floor) = pin_words(tenant)?;
    let length = u8::try_from(tenant.pin_length).unwrap_or(u8::MAX);
    PinPolicy::new(length, alphabet, floor, COMMON_PINS)
        .map_err(|error| wrong("pin_length", error.to_string()))
}

/// What PINs are made of, and how long they must be: what the words in the settings stand for.
///
/// # Errors
/// `invalid_value`; the details name the setting.
pub fn pin_words(tenant: &Tenant) -> Result<(PinAlphabet, PinFloor), Error> {
    let alphabet = [PinAlphabet::Numeric, PinAlphabet::Alphanumeric]
        .into_iter()
        .find(|alphabet| alphabet_word(*alphabet) == tenant.pin_alphabet)
        .ok_or_else(|| wrong("pin_alphabet", "there is no such alphabet".to_owned()))?;
    let floor = [PinFloor::Population, PinFloor::Usual]
        .into_iter()
        .find(|floor| floor_word(*floor) == tenant.pin_floor)
        .ok_or_else(|| wrong("pin_floor", "there is no such floor".to_owned()))?;
    Ok((alphabet, floor))
}

fn wrong(field: &str, message: String) -> Error {
    Error::new(Code::InvalidValue, message).with("field", field)
}

/// The word for an alphabet.
pub(super) fn alphabet_word(alphabet: PinAlphabet) -> &'static str {
    match alphabet {
        PinAlphabet::Numeric => "numeric",
        PinAlphabet::Alphanumeric => "alphanumeric",
    }
}

/// The word for a floor.
pub(super) fn floor_word(floor: PinFloor) -> &'static str {
    match floor {
        PinFloor::Population => "population",
        PinFloor::Usual => "usual",
    }
}
