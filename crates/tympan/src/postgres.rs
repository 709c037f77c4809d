//! Opening a PostgreSQL database, with the keys that all its processes share.

use tympan_core::error::{Code, Error};
use tympan_postgres::{PostgresOptions, PostgresStore};

use crate::handle::Tympan;
use crate::options::Options;

pub(crate) fn open(address: &str, options: Options) -> Result<Tympan, Error> {
    let Some(ring) = &options.keys else {
        return Err(Error::new(
            Code::InvalidValue,
            "a database that processes share needs a key ring from the host",
        )
        .with("field", "keys"));
    };
    let store = PostgresStore::open(
        address,
        &PostgresOptions {
            migrate: options.migrate,
            schema: options.schema.clone(),
            patience: options.deadline,
            minimum: options.keeping,
            keys_fingerprint: Some(ring.fingerprint()),
            ..PostgresOptions::default()
        },
    )?;
    Tympan::open_store(Box::new(store), options)
}
