//! Backups of a database file, and the keys without which they are worth nothing.

use crate::convert::{ring, unsealed};
use crate::definition::Verification;
use crate::{Call, Secret, Tympan};

impl Tympan {
    /// Copies the database file to a path, as of one instant and while it is in use. What lies there
    /// is replaced, once the copy is whole and on disk. The keys are not in the copy: keep them safe
    /// as well, or ask for [`Tympan::seal_keys`].
    ///
    /// # Errors
    /// `denied` to a user; `storage` for a store that is not a file; `invalid_value` for a path that
    /// names no file, or belongs to the database, as its keys do; else those of the store.
    pub fn backup_to(&self, path: String) -> Call<()> {
        self.ask_store(move |store| store.backup_to(path.as_ref()))
    }

    /// The keys under a passphrase of at least 15 characters, as the text of a file to keep with
    /// backups. [`Tympan::unseal_keys`] opens it again. Who loses both the keys and this, or its
    /// passphrase, has lost the database: nothing in it can be opened, found or proved any more. It
    /// takes 64 MiB and some tenth of a second.
    ///
    /// # Errors
    /// `denied` to a user; `invalid_value` for a passphrase of fewer characters; `internal` if memory
    /// or random bytes could not be had.
    pub fn seal_keys(&self, passphrase: Secret) -> Call<String> {
        self.ask_store(move |store| store.seal_keys(passphrase.expose()))
    }

    /// The keys that were sealed, as the text that [`Tympan::open`] takes for `keys`.
    ///
    /// # Errors
    /// `invalid_value` for another passphrase, and for a text that [`Tympan::seal_keys`] did not
    /// write or somebody changed.
    pub fn unseal_keys(sealed: String, passphrase: Secret) -> Call<Secret> {
        Self::without_a_store(move || unsealed(&sealed, &passphrase))
    }

    /// Recomputes everything in a backup, as [`Tympan::verify`] does, without changing it. Its
    /// folder must be writable: SQLite keeps files beside a database while it is read.
    ///
    /// # Errors
    /// `store_missing`, `store_keys`, `store_older` for a backup of an older tympan, which is to be
    /// restored at another place first; `invalid_value` for keys that are no key ring; else those
    /// of [`Tympan::open`].
    pub fn verify_backup(path: String, keys: Secret) -> Call<Verification> {
        Self::without_a_store(move || {
            tympan::verify_backup(path.as_ref(), ring(&keys)?).map(Verification::from)
        })
    }

    /// Puts a backup back where there is no database: copies it, migrates it if an older tympan made
    /// it, and recomputes everything in it. If anything is wrong, nothing is left there. The keys
    /// are not written to disk: they are to be given to each [`Tympan::open`]. Charges that were
    /// answered after the backup was made are not in it; the same key charges them anew.
    ///
    /// # Errors
    /// `invalid_value` if there is a file already, or for keys that are no key ring; `store_corrupt`
    /// if the backup is not sound; else those of [`Tympan::open`].
    pub fn restore(backup: String, database: String, keys: Secret) -> Call<Verification> {
        Self::without_a_store(move || {
            let (backup, database) = (backup.as_ref(), database.as_ref());
            tympan::restore(backup, database, ring(&keys)?).map(Verification::from)
        })
    }
}
