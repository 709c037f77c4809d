//! The key file beside a database: made when the database is, readable by its owner only.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use tympan_core::error::{Code, Error};
use tympan_vault::{KeyRing, RandomSource};

/// Largest key file that is read: far more than the most keys take.
const MAX_BYTES: u64 = 64 * 1024;

/// Where the keys of a database are kept: its own name and `.keys`.
pub(crate) fn beside(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".keys");
    PathBuf::from(name)
}

/// The keys of a database: read, or drawn and written if the database is new and may be made.
/// None if there is a file already and its keys are not beside it.
pub(crate) fn read_or_create(
    database: &Path,
    may_create: bool,
    random: &mut dyn RandomSource,
) -> Result<Option<KeyRing>, Error> {
    let path = beside(database);
    if let Some(ring) = read(&path)? {
        return Ok(Some(ring));
    }
    let is_new = fs::metadata(database).map_or(true, |file| file.len() == 0);
    if !is_new {
        return Ok(None);
    }
    let missing = |text| Error::new(Code::StoreMissing, text).with("path", database.display());
    if !may_create {
        let text = format!("there is no database at `{}`", database.display());
        return Err(missing(text));
    }
    let folder = folder_of(database);
    if !folder.is_dir() {
        let text = format!(
            "there is no folder for `{}`: make `{}` first",
            database.display(),
            folder.display()
        );
        return Err(missing(text));
    }
    create(&path, random)?;
    // Another process may have been first: what lies there now counts.
    match read(&path)? {
        Some(ring) => Ok(Some(ring)),
        None => Err(failed(&path, "it vanished")),
    }
}

/// The error for a database whose keys are not beside it, nor given.
pub(crate) fn missing(database: &Path) -> Error {
    let text = format!(
        "the key file `{}` is not there: put back the one that was made with the database, or give \
         its keys with the options",
        beside(database).display()
    );
    Error::new(Code::StoreKeys, text).with("path", database.display())
}

fn read(path: &Path) -> Result<Option<KeyRing>, Error> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(path, error)),
    };
    let mut text = zeroize::Zeroizing::new(String::new());
    file.take(MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| failed(path, error))?;
    KeyRing::parse(&text).map(Some).map_err(|error| {
        Error::new(
            Code::StoreKeys,
            format!("the key file `{}` cannot be used: {error}", path.display()),
        )
    })
}

/// Writes a new ring under another name first, so that nobody ever reads half of one.
fn create(path: &Path, random: &mut dyn RandomSource) -> Result<(), Error> {
    let ring = KeyRing::generate(random).map_err(|_| failed(path, "no key could be drawn"))?;
    let mut unique = [0; 8];
    random
        .fill(&mut unique)
        .map_err(|_| failed(path, "no key could be drawn"))?;
    let mut draft = path.as_os_str().to_owned();
    draft.push(format!(".{:016x}", u64::from_be_bytes(unique)));
    let draft = PathBuf::from(draft);
    let written = write(&draft, ring.to_text().expose());
    let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    });
    let removed = fs::remove_file(&draft);
    linked
        .and(removed)
        .and_then(|()| sync_folder(path))
        .map_err(|error| unwritable(path, &error))
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// A new name is durable when its folder is.
pub(crate) fn sync_folder(path: &Path) -> std::io::Result<()> {
    if cfg!(unix) {
        File::open(folder_of(path))?.sync_all()
    } else {
        Ok(())
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// A key file that cannot be written is trouble with the place of the database, not with its keys.
fn unwritable(path: &Path, error: &std::io::Error) -> Error {
    let code = match error.kind() {
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => Code::StoreReadOnly,
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Code::StoreFull,
        _ => Code::Storage,
    };
    let text = format!(
        "the key file `{}` cannot be written: {error}",
        path.display()
    );
    Error::new(code, text).with("path", path.display())
}

fn failed(path: &Path, error: impl std::fmt::Display) -> Error {
    let text = format!("the key file `{}` cannot be used: {error}", path.display());
    Error::new(Code::StoreKeys, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::SystemRandom;

    #[test]
    fn keys_are_made_once_and_never_for_a_database_that_has_lost_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("shop.db");
        let mut random = SystemRandom::default();
        let mut print = || {
            let ring = read_or_create(&database, true, &mut random).unwrap();
            ring.map(|ring| ring.fingerprint())
        };
        let first = print();
        assert!(first.is_some());
        assert_eq!(print(), first);
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "no draft is left"
        );
        fs::remove_file(beside(&database)).unwrap();
        fs::write(&database, b"something").unwrap();
        assert_eq!(print(), None);
        assert!(!beside(&database).exists());
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_can_read_them() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("shop.db");
        read_or_create(&database, true, &mut SystemRandom::default()).unwrap();
        let mode = fs::metadata(beside(&database))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_broken_file_is_an_error_without_its_content() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("shop.db");
        fs::write(beside(&database), "tympan keys 1\nkey 1 c0ffee\n").unwrap();
        let error = read_or_create(&database, true, &mut SystemRandom::default()).unwrap_err();
        assert_eq!(error.code(), Code::StoreKeys);
        assert!(!error.message().contains("c0ffee"));
    }

    #[test]
    fn many_at_once_agree() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("shop.db");
        let prints: Vec<String> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| read_or_create(&database, true, &mut SystemRandom::default()))
                })
                .collect();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap().unwrap().unwrap().fingerprint())
                .collect()
        });
        assert!(prints.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn a_place_that_cannot_be_written_is_no_trouble_with_keys() {
        let path = Path::new("shop.db.keys");
        for (kind, code) in [
            (ErrorKind::PermissionDenied, Code::StoreReadOnly),
            (ErrorKind::ReadOnlyFilesystem, Code::StoreReadOnly),
            (ErrorKind::StorageFull, Code::StoreFull),
            (ErrorKind::Other, Code::Storage),
        ] {
            assert_eq!(unwritable(path, &kind.into()).code(), code, "{kind}");
        }
    }
}
