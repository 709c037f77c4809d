//! Copies of a database in a file: made while it is in use, checked, and put back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tympan_core::error::{Code, Error};
use tympan_store::Migrate;
use tympan_vault::{KeyRing, SealedKeysError, SecretText};

use crate::engine::log;
use crate::handle::Tympan;
use crate::key_file;
use crate::options::Options;
use crate::sources::SystemRandom;
use crate::verify::Verification;

/// How long another program may hold a backup that is read.
const PATIENCE: Duration = Duration::from_secs(30);

impl Tympan {
    /// Copies the database file to a path, as of one instant and while it is in use. What lies
    /// there is replaced, once the copy is whole and on disk. This is the way to make backups: a
    /// file that was copied by other means lacks what SQLite still keeps beside it.
    ///
    /// The keys are not in the copy, and no copy can be opened without: keep the key file, or the
    /// ring of [`Options::keys`], safe as well, or ask for [`Tympan::seal_keys`].
    ///
    /// # Errors
    /// `storage` for a store that is not a file; `invalid_value` for a path that names no file,
    /// or that belongs to the database, as its keys do; else those of kind `storage`.
    pub fn backup_to(&self, path: &Path) -> Result<(), Error> {
        let Some(file) = &self.file else {
            return Err(Error::new(
                Code::Storage,
                "only a database in a file can be copied to another file",
            ));
        };
        if tympan_sqlite::is_same_place(&file.key_file, path) {
            return Err(tympan_sqlite::taken(path));
        }
        let copy = || file.open()?.backup_to(path);
        log::timed("backup_to", |()| (1, 0), copy)
    }

    /// The keys under a passphrase of at least 15 characters, as the text of a file to keep with
    /// backups. [`KeyRing::unseal`] opens it again. Who loses both the keys and this, or its
    /// passphrase, has lost the database: nothing in it can be opened, found or proved any more.
    ///
    /// It takes 64 MiB and some tenth of a second.
    ///
    /// # Errors
    /// `invalid_value` for a passphrase of fewer characters, `internal` if memory or random bytes could
    /// not be had.
    pub fn seal_keys(&self, passphrase: &str) -> Result<String, Error> {
        let refused =
            |text: String| Error::new(Code::InvalidValue, text).with("field", "passphrase");
        let passphrase = SecretText::new(passphrase).map_err(|error| refused(error.to_string()))?;
        let ring = self.engine.tenants.ring();
        ring.seal(&passphrase, &mut SystemRandom::default())
            .map_err(|error| match error {
                SealedKeysError::TooShort => refused(error.to_string()),
                _ => Error::new(Code::Internal, error.to_string()),
            })
    }
}

/// Recomputes everything in a backup, as [`Tympan::verify`] does, without changing it. Its folder
/// must be writable: SQLite keeps files beside a database while it is read.
///
/// # Errors
/// Those of kind `storage`; `store_older` for a backup of an older tympan, which is to be restored
/// at another place first.
pub fn verify_backup(path: &Path, keys: KeyRing) -> Result<Verification, Error> {
    let options = Options::default().keys(keys).migrate(Migrate::Never);
    crate::sqlite::open(path, options)?.verify()
}

/// Puts a backup back where there is no database: copies it, migrates it if an older tympan made
/// it, and recomputes everything in it. If anything is wrong, nothing is left there. The keys are
/// not written to disk: they are to be given to each [`Tympan::open`], by [`Options::keys`].
/// Meanwhile there is a folder beside the database, of its name and `.restoring`; one that was left
/// behind is removed.
///
/// Charges that were answered after the backup was made are not in it; the same key charges them
/// anew.
///
/// # Errors
/// `invalid_value` if there is a file already, `store_corrupt` if the backup is not sound; else
/// those of kind `storage`.
pub fn restore(backup: &Path, database: &Path, keys: KeyRing) -> Result<Verification, Error> {
    if database.exists() {
        let text = format!(
            "there is a file at `{}` already: restore to another place, or move it away first",
            database.display()
        );
        return Err(Error::new(Code::InvalidValue, text).with("field", "database"));
    }
    let failed = |error: std::io::Error| {
        let text = format!("`{}`: {error}", database.display());
        Error::new(Code::Storage, text).with("path", database.display())
    };
    let draft = Draft::new(database).map_err(failed)?;
    tympan_sqlite::copy(backup, &draft.database, PATIENCE)?;
    let verified = sound(
        database,
        &crate::sqlite::open(&draft.database, Options::default().keys(keys))?,
    )?;
    draft.put_at(database).map_err(failed)?;
    Ok(verified)
}

fn sound(database: &Path, tympan: &Tympan) -> Result<Verification, Error> {
    let verified = tympan.verify()?;
    match verified.faults.first() {
        None => Ok(verified),
        Some(first) => {
            let text = format!(
                "the backup has {} faults, the first: {}: {}",
                verified.fault_count, first.rule, first.what
            );
            Err(Error::new(Code::StoreCorrupt, text).with("path", database.display()))
        }
    }
}

/// A folder in which a database becomes whole before it has its name.
struct Draft {
    folder: PathBuf,
    database: PathBuf,
}

impl Draft {
    fn new(database: &Path) -> io::Result<Self> {
        let mut folder = database.as_os_str().to_owned();
        folder.push(".restoring");
        let folder = PathBuf::from(folder);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir(&folder)?,
        }
        Ok(Self {
            database: folder.join("restored.db"),
            folder,
        })
    }

    /// Nobody has it open any more, so the one file holds everything. A link, unlike a new name,
    /// replaces nothing that came there meanwhile.
    fn put_at(&self, database: &Path) -> io::Result<()> {
        fs::hard_link(&self.database, database)?;
        key_file::sync_folder(database)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // What is left of it is only in the way of the next, which removes it too.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
