//! Key rings as the texts that cross the border.

use tympan::{Code, Error, KeyRing, SealedKeysError, SecretText};

use crate::Secret;

/// The key ring that a text is.
///
/// # Errors
/// `invalid_value`.
pub(crate) fn ring(keys: &Secret) -> Result<KeyRing, Error> {
    KeyRing::parse(keys.expose()).map_err(|error| refused("keys", &error))
}

/// The key ring that a passphrase opens, as text.
///
/// # Errors
/// `invalid_value`; `internal` if memory could not be had.
pub(crate) fn unsealed(sealed: &str, passphrase: &Secret) -> Result<Secret, Error> {
    let passphrase = SecretText::new(passphrase.expose());
    let passphrase = passphrase.map_err(|error| refused("passphrase", &error))?;
    let ring = KeyRing::unseal(sealed, &passphrase).map_err(|error| match error {
        SealedKeysError::Memory | SealedKeysError::Random(_) => {
            Error::new(Code::Internal, error.to_string())
        }
        SealedKeysError::TooShort | SealedKeysError::Refused => refused("passphrase", &error),
        _ => refused("sealed", &error),
    })?;
    Ok(Secret::from(ring.to_text().expose()))
}

fn refused(field: &'static str, why: &impl ToString) -> Error {
    Error::new(Code::InvalidValue, why.to_string()).with("field", field)
}
