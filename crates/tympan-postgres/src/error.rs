//! Errors of the server as errors of tympan. What the server says about values is left out: the
//! number of its condition says enough, and no value of a row can slip through.

use std::fmt::Display;
use std::io;

use tokio_postgres::error::{DbError, Severity, SqlState};
use tympan_core::error::{Code, Error};

use crate::line::TimedOut;

/// What the server function raises when something is not as expected.
pub(crate) const UNEXPECTED: &str = "TY001";

/// The error for a statement that failed.
pub(crate) fn sql(failure: &tokio_postgres::Error) -> Error {
    let Some(answer) = failure.as_db_error() else {
        return Error::new(Code::Storage, "the connection to postgresql broke");
    };
    let state = answer.code();
    let code = code_of(state);
    let text = if state.code().starts_with("42") {
        // Rights that are missing, or tables and columns: these messages hold no values.
        format!("postgresql says `{}`", answer.message())
    } else {
        format!("postgresql reports `{}`", state.code())
    };
    Error::new(code, text).with("sqlstate", state.code())
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum NoConnection {
    /// Nobody could be reached.
    Io(io::Error),
    /// Who was reached, or the driver, refuses.
    Refused(tokio_postgres::Error),
    TimedOut,
}

impl From<io::Error> for NoConnection {
    fn from(failure: io::Error) -> Self {
        Self::Io(failure)
    }
}

impl From<tokio_postgres::Error> for NoConnection {
    fn from(failure: tokio_postgres::Error) -> Self {
        Self::Refused(failure)
    }
}

impl From<TimedOut> for NoConnection {
    fn from(_: TimedOut) -> Self {
        Self::TimedOut
    }
}

/// The error for a connection that could not be made.
pub(crate) fn connecting(failure: &NoConnection) -> Error {
    let none = |why: &dyn Display| Error::new(Code::Storage, format!("no connection: {why}"));
    let refused = match failure {
        NoConnection::Io(failure) => return none(failure),
        NoConnection::TimedOut => return timed_out(),
        NoConnection::Refused(refused) => refused,
    };
    let Some(answer) = refused.as_db_error() else {
        return none(&causes(refused));
    };
    let code = match answer.code().code() {
        "3D000" => Code::StoreMissing,
        _ => code_of(answer.code()),
    };
    // Messages at this point name the role, the database or the server's state.
    Error::new(code, format!("no connection: {}", answer.message()))
        .with("sqlstate", answer.code().code())
}

fn causes(failure: &tokio_postgres::Error) -> String {
    let mut text = failure.to_string();
    let mut cause = std::error::Error::source(failure);
    while let Some(one) = cause {
        let part = one.to_string();
        if !text.contains(&part) {
            text.push_str(": ");
            text.push_str(&part);
        }
        cause = one.source();
    }
    text
}

/// The error for an answer that did not come.
pub(crate) fn timed_out() -> Error {
    Error::new(Code::Busy, "postgresql did not answer in time")
}

/// The error for a connection that others did not give back in time.
pub(crate) fn all_in_use() -> Error {
    Error::new(Code::Busy, "all connections to postgresql are in use")
}

fn code_of(state: &SqlState) -> Code {
    match state.code() {
        "42501" | "25006" => Code::StoreReadOnly,
        "53100" => Code::StoreFull,
        "55P03" => Code::StoreLocked,
        "57014" => Code::Busy,
        "XX001" | "XX002" => Code::StoreCorrupt,
        _ => Code::Storage,
    }
}

fn state(failure: &tokio_postgres::Error) -> Option<&str> {
    failure.code().map(SqlState::code)
}

impl NoConnection {
    /// Whether the server may be back soon: it does not listen, it starts or ends, or none of
    /// several takes writes.
    pub(crate) fn is_away(&self) -> bool {
        let refused = match self {
            Self::Io(_) | Self::TimedOut => return true,
            Self::Refused(refused) => refused,
        };
        if let Some(state) = state(refused) {
            return matches!(state, "57P01" | "57P02" | "57P03" | "53300");
        }
        let mut cause = std::error::Error::source(refused);
        while let Some(one) = cause {
            if one.downcast_ref::<rustls::Error>().is_some() {
                return false;
            }
            if let Some(io) = one.downcast_ref::<io::Error>() {
                return io.kind() != io::ErrorKind::InvalidData
                    && io
                        .get_ref()
                        .is_none_or(|inner| !inner.is::<rustls::Error>());
            }
            cause = one.source();
        }
        refused.is_closed()
    }
}

/// Whether the connection is of no more use.
pub(crate) fn is_broken(failure: &tokio_postgres::Error) -> bool {
    match failure.as_db_error() {
        // The word for it is in the language of the server's messages.
        Some(answer) => match answer.parsed_severity() {
            Some(severity) => matches!(severity, Severity::Fatal | Severity::Panic),
            None => answer.severity() != "ERROR",
        },
        None => true,
    }
}

/// Whether a notice is a warning, in whatever language.
pub(crate) fn is_warning(notice: &DbError) -> bool {
    match notice.parsed_severity() {
        Some(severity) => severity == Severity::Warning,
        None => !matches!(notice.severity(), "DEBUG" | "LOG" | "INFO" | "NOTICE"),
    }
}

/// Whether the server said for sure that it undid the transaction. Anything else after a COMMIT
/// was sent leaves it open whether it took effect.
pub(crate) fn is_certain(failure: &tokio_postgres::Error) -> bool {
    let Some(state) = state(failure) else {
        return false;
    };
    !is_broken(failure) && !state.starts_with("08") && !matches!(state, "40003" | "57P01" | "57P02")
}

/// Whether the same transaction may succeed when it is tried again: others were in its way.
pub(crate) fn is_worth_another_try(failure: &tokio_postgres::Error) -> bool {
    matches!(state(failure), Some("40001" | "40P01"))
}

/// Whether something was not as a batch expected.
pub(crate) fn is_unexpected(failure: &tokio_postgres::Error) -> bool {
    matches!(state(failure), Some(UNEXPECTED | "23505"))
}
