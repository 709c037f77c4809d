//! Opening a SQLite file: its keys first, then the file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tympan_core::error::{Code, Error};
use tympan_sqlite::{SqliteOptions, SqliteStore};
use tympan_store::Migrate;

use crate::handle::Tympan;
use crate::key_file;
use crate::options::Options;

pub(crate) fn open(path: &Path, mut options: Options) -> Result<Tympan, Error> {
    let ring = match options.keys.take() {
        Some(ring) => ring,
        None => {
            let may_create = options.migrate != Migrate::Never;
            match key_file::read_or_create(path, may_create, &mut *options.random)? {
                Some(ring) => ring,
                None => return Err(without_keys(path, &options)),
            }
        }
    };
    let sqlite_options = SqliteOptions {
        durability: options.durability,
        migrate: options.migrate,
        keys_fingerprint: Some(ring.fingerprint()),
        busy_timeout: options.deadline,
    };
    let store = SqliteStore::open(path, &sqlite_options)?;
    let key_file = key_file::beside(path);
    let path = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let mut tympan = Tympan::open_store(Box::new(store), options.keys(ring))?;
    tympan.file = Some(Arc::new(DatabaseFile {
        path,
        key_file: std::path::absolute(&key_file).unwrap_or(key_file),
        options: SqliteOptions {
            migrate: Migrate::Never,
            ..sqlite_options
        },
    }));
    Ok(tympan)
}

/// The file of an open database, and how it is opened once more.
pub(crate) struct DatabaseFile {
    path: PathBuf,
    /// Where its keys lie, if the host does not give them.
    pub(crate) key_file: PathBuf,
    options: SqliteOptions,
}

impl DatabaseFile {
    /// The store once more, for what an engine does not do.
    pub(crate) fn open(&self) -> Result<SqliteStore, Error> {
        SqliteStore::open(&self.path, &self.options)
    }
}

/// What is wrong with a database that has lost its keys: what keeps it from being opened with any
/// keys comes first, for a file of something else never had keys to lose.
fn without_keys(path: &Path, options: &Options) -> Error {
    let looking = SqliteOptions {
        migrate: Migrate::Never,
        busy_timeout: options.deadline,
        keys_fingerprint: Some("none".to_owned()),
        ..SqliteOptions::default()
    };
    match SqliteStore::open(path, &looking) {
        // Old layouts are migrated where that is allowed: then it is only the keys that lack.
        Err(error) if error.code() == Code::StoreOlder && options.migrate == Migrate::Auto => {
            key_file::missing(path)
        }
        Err(error) if error.code() != Code::StoreKeys => error,
        _ => key_file::missing(path),
    }
}
