//! Opening a SQLite file: its keys first, then the file.

use std::path::Path;

use tympan_core::error::Error;
use tympan_sqlite::{SqliteOptions, SqliteStore};

use crate::handle::Tympan;
use crate::key_file;
use crate::options::{Durability, Migrate, Options};

pub(crate) fn open(path: &Path, mut options: Options) -> Result<Tympan, Error> {
    let ring = match options.keys.take() {
        Some(ring) => ring,
        None => {
            let may_create = options.migrate != Migrate::Never;
            key_file::read_or_create(path, may_create, &mut *options.random)?
        }
    };
    let store = SqliteStore::open(
        path,
        &SqliteOptions {
            synchronous: match options.durability {
                Durability::Full => tympan_sqlite::Synchronous::Full,
                Durability::Normal => tympan_sqlite::Synchronous::Normal,
            },
            migrate: match options.migrate {
                Migrate::Auto => tympan_sqlite::Migrate::Auto,
                Migrate::Check => tympan_sqlite::Migrate::Check,
                Migrate::Never => tympan_sqlite::Migrate::Never,
            },
            keys_fingerprint: Some(ring.fingerprint()),
            busy_timeout: options.deadline,
            ..SqliteOptions::default()
        },
    )?;
    Tympan::open_store(Box::new(store), options.keys(ring))
}
