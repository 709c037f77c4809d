//! Copies of a whole database while it is in use.

use std::fs::{self, File};
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::backup::Backup;
use tympan_core::error::{Code, Error};

use crate::connection;
use crate::error::{at, io, opening as at_opening};
use crate::turnstile::beside;

/// Copies a database file as of one instant, whoever has it open. What lies there is replaced; the
/// copy has its name only once it is whole and on disk.
///
/// # Errors
/// Those of [`SqliteStore::open`](crate::SqliteStore::open), but that it does not ask whose
/// database it is.
pub fn copy(from: &Path, to: &Path, busy_timeout: Duration) -> Result<(), Error> {
    let part = beside(to, ".part");
    let outcome = copy_to_part(from, &part, busy_timeout).and_then(|()| {
        fs::rename(&part, to)
            .and_then(|()| sync_directory_of(to))
            .map_err(|error| io(to, &error))
    });
    if outcome.is_err() {
        // Whatever the trouble was, it is what the caller needs to hear about.
        fs::remove_file(&part).unwrap_or_default();
    }
    outcome
}

/// What belongs to a database and lies beside it, and the database itself.
const OWN_FILES: &[&str] = &["", "-journal", "-next", "-shm", "-turn", "-wal"];

/// Refuses a place for a backup that is no file, or that is taken by the database itself, or by what
/// lies beside it: a copy there would destroy what it is a copy of.
///
/// # Errors
/// `invalid_value` for `path`.
pub(crate) fn check_place(database: &Path, path: &Path) -> Result<(), Error> {
    if path.file_name().is_none() || path.is_dir() {
        let shown = path.display();
        let message = format!("`{shown}` is no path of a file: name one, `folder/shop.backup` say");
        return Err(Error::new(Code::InvalidValue, message).with("field", "path"));
    }
    let real = database.canonicalize();
    let real = real.unwrap_or_else(|_| database.to_owned());
    let owned = [database, &real].into_iter().flat_map(|database| {
        let names = OWN_FILES.iter();
        names.map(move |suffix| beside(database, suffix))
    });
    match owned.into_iter().any(|own| is_same_place(&own, path)) {
        true => Err(taken(path)),
        false => Ok(()),
    }
}

/// The refusal of a place for a backup that belongs to the database.
#[must_use]
pub fn taken(path: &Path) -> Error {
    let shown = path.display();
    let message = format!("`{shown}` belongs to the database: a backup there would destroy it");
    Error::new(Code::InvalidValue, message).with("field", "path")
}

/// Whether two paths are one place, whatever lies there. Names that differ by the case of letters
/// alone are one: on some file systems they are.
#[must_use]
pub fn is_same_place(one: &Path, other: &Path) -> bool {
    let folder = |path: &Path| {
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new(".")).canonicalize().ok()
    };
    let name = |path: &Path| path.file_name().map(std::ffi::OsStr::to_ascii_lowercase);
    name(one) == name(other) && folder(one).is_some() && folder(one) == folder(other)
}

fn copy_to_part(from: &Path, part: &Path, busy_timeout: Duration) -> Result<(), Error> {
    let opening = |error| at_opening(part, error);
    // What an interrupted copy left behind would be taken for its own by the next.
    if let Err(error) = fs::remove_file(part)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        return Err(io(part, &error));
    }
    fs::metadata(from).map_err(|error| io(from, &error))?;
    let source = connection::reader(from, busy_timeout).map_err(|error| at_opening(from, error))?;
    let mut target = Connection::open(part).map_err(opening)?;
    let backup = Backup::new(&source, &mut target).map_err(opening)?;
    match backup.step(-1).map_err(opening)? {
        rusqlite::backup::StepResult::Done => {}
        _ => return Err(at(from, Code::StoreLocked, "another program holds it")),
    }
    drop(backup);
    target.close().map_err(|(_, error)| opening(error))?;
    File::open(part)
        .and_then(|file| file.sync_all())
        .map_err(|error| io(part, &error))
}

/// Makes a new name in a directory last, where directories can be synced.
fn sync_directory_of(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        // The parent of a bare name is the empty path, which no system opens.
        let directory = path
            .parent()
            .filter(|directory| !directory.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        return File::open(directory)?.sync_all();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directory_of_a_bare_name_is_where_the_program_runs() {
        sync_directory_of(Path::new("shop.db")).unwrap();
        assert!(sync_directory_of(Path::new("nowhere/shop.db")).is_err());
    }
}
