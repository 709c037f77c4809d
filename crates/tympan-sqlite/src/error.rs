//! What SQLite reports, as tympan's errors. SQLite's own messages are left out: the name of the
//! result code says enough, and no value of a row can slip through.

use std::fmt::Display;
use std::path::Path;

use rusqlite::{ErrorCode, ffi};
use tympan_core::error::{Code, Error};

/// The error for a failed statement.
pub(crate) fn sql(error: rusqlite::Error) -> Error {
    match failure(&error) {
        Some(failure) => Error::new(code_of(failure), text_of(failure)),
        None => Error::new(
            Code::Storage,
            "sqlite was asked for something it does not do",
        ),
    }
}

/// The error for a statement that failed while a database was opened.
pub(crate) fn opening(path: &Path, error: rusqlite::Error) -> Error {
    match failure(&error) {
        Some(failure) => {
            let code = match failure.code {
                ErrorCode::NotADatabase => Code::StoreForeign,
                _ => code_of(failure),
            };
            at(path, code, text_of(failure))
        }
        None => at(path, Code::Storage, "sqlite could not open it"),
    }
}

/// The error for a file that the system did not let us have.
pub(crate) fn io(path: &Path, error: &std::io::Error) -> Error {
    let code = match error.kind() {
        std::io::ErrorKind::NotFound => Code::StoreMissing,
        std::io::ErrorKind::PermissionDenied | std::io::ErrorKind::ReadOnlyFilesystem => {
            Code::StoreReadOnly
        }
        std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Code::StoreFull,
        _ => Code::Storage,
    };
    at(path, code, error.kind())
}

/// An error that names the file.
pub(crate) fn at(path: &Path, code: Code, what: impl Display) -> Error {
    let path = path.display();
    Error::new(code, format!("`{path}`: {what}")).with("path", path)
}

/// The error for a lock that others did not let go in time.
pub(crate) fn locked() -> Error {
    Error::of(Code::StoreLocked)
}

/// Whether a row was refused because its key is taken.
pub(crate) fn is_taken(error: &rusqlite::Error) -> bool {
    failure(error).is_some_and(|failure| {
        matches!(
            failure.extended_code,
            ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                | ffi::SQLITE_CONSTRAINT_ROWID
                | ffi::SQLITE_CONSTRAINT_UNIQUE
        )
    })
}

/// Whether after a failed COMMIT nobody can know if it will be there after a crash: the frames
/// may have been written whole, and only what came after them failed.
pub(crate) fn is_in_doubt(error: &rusqlite::Error) -> bool {
    !failure(error).is_some_and(|failure| {
        matches!(
            failure.code,
            ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::OutOfMemory
                | ErrorCode::ReadOnly
                | ErrorCode::ConstraintViolation
                | ErrorCode::OperationInterrupted
        )
    })
}

fn failure(error: &rusqlite::Error) -> Option<&ffi::Error> {
    match error {
        rusqlite::Error::SqliteFailure(failure, _) => Some(failure),
        rusqlite::Error::SqlInputError { error, .. } => Some(error),
        _ => None,
    }
}

fn text_of(failure: &ffi::Error) -> String {
    format!(
        "sqlite reports `{}`",
        ffi::code_to_str(failure.extended_code)
    )
}

fn code_of(failure: &ffi::Error) -> Code {
    match failure.code {
        ErrorCode::DatabaseBusy
        | ErrorCode::DatabaseLocked
        | ErrorCode::FileLockingProtocolFailed => Code::StoreLocked,
        ErrorCode::DiskFull => Code::StoreFull,
        ErrorCode::ReadOnly | ErrorCode::PermissionDenied => Code::StoreReadOnly,
        ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => Code::StoreCorrupt,
        _ => Code::Storage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_codes_become_codes() {
        for (result, code, in_doubt) in [
            (ffi::SQLITE_BUSY, Code::StoreLocked, false),
            (ffi::SQLITE_LOCKED, Code::StoreLocked, false),
            (ffi::SQLITE_FULL, Code::StoreFull, false),
            (ffi::SQLITE_READONLY_DBMOVED, Code::StoreReadOnly, false),
            (ffi::SQLITE_CORRUPT_VTAB, Code::StoreCorrupt, true),
            (ffi::SQLITE_NOTADB, Code::StoreCorrupt, true),
            (ffi::SQLITE_NOMEM, Code::Storage, false),
            (ffi::SQLITE_IOERR_FSYNC, Code::Storage, true),
            (ffi::SQLITE_IOERR_WRITE, Code::Storage, true),
        ] {
            let failure = rusqlite::Error::SqliteFailure(ffi::Error::new(result), None);
            assert_eq!(is_in_doubt(&failure), in_doubt, "{result}");
            assert_eq!(sql(failure).code(), code, "{result}");
        }
    }

    #[test]
    fn messages_hold_no_values() {
        let values = Some("UNIQUE constraint failed: claim.value 4711".to_owned());
        let failure = ffi::Error::new(ffi::SQLITE_CONSTRAINT_PRIMARYKEY);
        let error = rusqlite::Error::SqliteFailure(failure, values);
        assert!(is_taken(&error));
        assert!(!sql(error).to_string().contains("4711"));
    }
}
