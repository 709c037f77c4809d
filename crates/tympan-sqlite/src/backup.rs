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
