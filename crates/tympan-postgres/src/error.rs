//! Errors of the server as errors of tympan. What the server says about values is left out: the
//! number of its condition says enough, and no value of a row can slip through.

use std::fmt::Display;
use std::io;

use tympan_core::error::{Code, Error};

use crate::line::TimedOut;
use crate::steps::TooLong;

/// What the server function raises when something is not as expected.
const UNEXPECTED: &str = "TY001";

/// What it says about a session that is not the one that was connected to.
const OTHER_SESSION: &str = "not as expected: session";

/// What the server says of something that it refuses, or beside its answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Notice {
    /// In English, whatever language the message is in.
    severity: String,
    /// The number of its condition.
    pub(crate) state: String,
    message: String,
}

impl Notice {
    /// Reads its parts, each of which begins with a letter and ends with a zero.
    pub(crate) fn read(content: &[u8]) -> Self {
        let mut notice = Self::default();
        for part in content.split(|byte| *byte == 0) {
            let Some((kind, text)) = part.split_first() else {
                continue;
            };
            let place = match kind {
                b'V' => &mut notice.severity,
                b'C' => &mut notice.state,
                b'M' => &mut notice.message,
                _ => continue,
            };
            *place = String::from_utf8_lossy(text).into_owned();
        }
        notice
    }

    pub(crate) fn is_warning(&self) -> bool {
        !matches!(self.severity.as_str(), "DEBUG" | "LOG" | "INFO" | "NOTICE")
    }

    fn ends_session(&self) -> bool {
        self.severity != "ERROR"
    }

    /// Whether the session is not the one that was made ready, or somebody else made it ready for
    /// himself: it has not what was prepared, or has what was not.
    fn is_of_another_session(&self) -> bool {
        match self.state.as_str() {
            "26000" | "42P05" => true,
            state => state == UNEXPECTED && self.message == OTHER_SESSION,
        }
    }

    fn error(&self) -> Error {
        let text = if self.is_of_another_session() {
            "the session is not ours alone: something between here and postgresql shares sessions"
                .to_owned()
        } else if self.state.starts_with("42") {
            // Rights that are missing, or tables and columns: these messages hold no values.
            format!("postgresql says `{}`", self.message)
        } else {
            format!("postgresql reports `{}`", self.state)
        };
        Error::new(code_of(&self.state), text).with("sqlstate", &self.state)
    }
}

/// Why a step was not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The server refuses it.
    Refused(Notice),
    /// The connection broke.
    Broken,
    /// The answer did not come in time.
    TimedOut,
    /// It is too long, and nothing was sent.
    TooLong,
}

impl From<TooLong> for Fault {
    fn from(_: TooLong) -> Self {
        Self::TooLong
    }
}

impl Fault {
    pub(crate) fn error(&self) -> Error {
        match self {
            Self::Refused(notice) => notice.error(),
            Self::Broken => Error::new(Code::Storage, "the connection to postgresql broke"),
            Self::TimedOut => timed_out(),
            Self::TooLong => {
                Error::new(Code::Storage, "postgresql takes no message of this length")
            }
        }
    }

    /// Whether the connection is of no more use.
    pub(crate) fn is_broken(&self) -> bool {
        match self {
            Self::Refused(notice) => notice.ends_session(),
            Self::Broken | Self::TimedOut => true,
            Self::TooLong => false,
        }
    }

    /// Whether it is sure that a transaction of which it ended a step took no effect. Anything else
    /// leaves that open once a COMMIT was sent.
    pub(crate) fn is_certain(&self) -> bool {
        let state = match self {
            Self::Refused(notice) => notice.state.as_str(),
            _ => return !self.is_broken(),
        };
        !self.is_broken()
            && !state.starts_with("08")
            && !matches!(state, "40003" | "57P01" | "57P02")
    }

    /// Whether the same transaction may succeed when it is tried again: others were in its way.
    pub(crate) fn is_worth_another_try(&self) -> bool {
        matches!(self, Self::Refused(notice) if matches!(notice.state.as_str(), "40001" | "40P01"))
    }

    /// Whether something was not as a batch expected.
    pub(crate) fn is_unexpected(&self) -> bool {
        let Self::Refused(notice) = self else {
            return false;
        };
        matches!(notice.state.as_str(), UNEXPECTED | "23505") && !notice.is_of_another_session()
    }
}

/// Why there is no connection.
#[derive(Debug)]
pub(crate) enum NoConnection {
    /// Nobody could be reached.
    Io(io::Error),
    /// Who was reached lets nobody in, or is not who it should be.
    NoLogin(tokio_postgres::Error),
    /// Who was reached and let us in does not do what a session begins with.
    NoSession(Fault),
    TimedOut,
}

impl From<io::Error> for NoConnection {
    fn from(failure: io::Error) -> Self {
        Self::Io(failure)
    }
}

impl From<tokio_postgres::Error> for NoConnection {
    fn from(failure: tokio_postgres::Error) -> Self {
        Self::NoLogin(failure)
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
        NoConnection::NoSession(fault) => return fault.error(),
        NoConnection::TimedOut => return timed_out(),
        NoConnection::NoLogin(refused) => refused,
    };
    let Some(answer) = refused.as_db_error() else {
        return none(&causes(refused));
    };
    let state = answer.code().code();
    let code = match state {
        "3D000" => Code::StoreMissing,
        _ => code_of(state),
    };
    // Messages at this point name the role, the database or the server's state.
    Error::new(code, format!("no connection: {}", answer.message())).with("sqlstate", state)
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

fn code_of(state: &str) -> Code {
    match state {
        "42501" | "25006" => Code::StoreReadOnly,
        "53100" => Code::StoreFull,
        "55P03" => Code::StoreLocked,
        "57014" => Code::Busy,
        "XX001" | "XX002" => Code::StoreCorrupt,
        _ => Code::Storage,
    }
}

/// Whether a server that says this is about to be back.
fn is_coming(state: &str) -> bool {
    matches!(state, "57P01" | "57P02" | "57P03" | "53300")
}

impl NoConnection {
    /// Whether the server may be back soon: it does not listen, it starts or ends, or none of
    /// several takes writes.
    pub(crate) fn is_away(&self) -> bool {
        let refused = match self {
            Self::Io(_) | Self::TimedOut => return true,
            Self::NoSession(Fault::Refused(notice)) => return is_coming(&notice.state),
            Self::NoSession(fault) => return fault.is_broken(),
            Self::NoLogin(refused) => refused,
        };
        if let Some(state) = refused.code() {
            return is_coming(state.code());
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
