//! Addresses: `postgres://role:password@host,other/database?option=value`.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tympan_core::error::{Code, Error};

/// When nothing was sent for so long, the system asks whether the other side is still there.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// An address, taken apart.
#[derive(Debug)]
pub(crate) struct Address {
    pub(crate) config: Config,
    /// Whose certificates the server may have; with TLS it must be there.
    pub(crate) authority: Option<PathBuf>,
}

impl Address {
    /// Reads an address. Encryption is not the server's choice: either it is on and the server's
    /// name and certificate are checked, or `sslmode=disable` says that it is off. Without a word
    /// it is off where nothing leaves the machine, and on everywhere else.
    pub(crate) fn parse(text: &str, patience: Duration) -> Result<Self, Error> {
        let (rest, query) = text.split_once('?').unwrap_or((text, ""));
        let mut kept = Vec::new();
        let (mut mode, mut authority) = (None, None);
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", value)) => mode = Some(value.to_owned()),
                Some(("sslrootcert", path)) => authority = Some(PathBuf::from(decoded(path))),
                _ => kept.push(pair),
            }
        }
        let plain = if kept.is_empty() {
            rest.to_owned()
        } else {
            format!("{rest}?{}", kept.join("&"))
        };
        let mut config: Config = plain
            .parse()
            .map_err(|_| invalid("it is not an address of postgresql"))?;
        if config.get_hosts().is_empty() {
            return Err(invalid("it names no host"));
        }
        let encrypted = match mode.as_deref() {
            Some("disable") => false,
            Some("require" | "verify-ca" | "verify-full") => true,
            Some(_) => return Err(invalid("`sslmode` is `disable` or `verify-full`")),
            None => {
                // Where a host is said to be goes before its name.
                let here = config.get_hosts().iter().all(is_here)
                    && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
                authority.is_some() || !here
            }
        };
        if encrypted && authority.is_none() {
            return Err(invalid(
                "`sslrootcert` must name a file with certificates of authorities, for none are built in; \
                 the system's own bundle will do",
            ));
        }
        config
            .ssl_mode(if encrypted {
                SslMode::Require
            } else {
                SslMode::Disable
            })
            // Decisions rest on what the one server that takes writes says; never on a replica.
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .keepalives(true)
            .keepalives_idle(KEEPALIVE)
            .keepalives_interval(KEEPALIVE)
            .keepalives_retries(3);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(patience.min(KEEPALIVE));
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(patience.saturating_add(KEEPALIVE));
        }
        Ok(Self {
            config,
            authority: authority.filter(|_| encrypted),
        })
    }
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse::<IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

fn invalid(what: &str) -> Error {
    Error::new(Code::InvalidValue, what).with("field", "address")
}

/// A value with its `%xx` resolved.
fn decoded(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        match (first, after) {
            (b'%', [high, low, after @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                let digit = |byte: u8| char::from(byte).to_digit(16).unwrap_or(0);
                bytes.push(u8::try_from(digit(*high) * 16 + digit(*low)).unwrap_or(0));
                rest = after;
            }
            (first, _) => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Address, Error> {
        Address::parse(text, Duration::from_secs(5))
    }

    #[test]
    fn encryption_is_on_wherever_something_leaves_the_machine() {
        for (text, encrypted) in [
            ("postgres://a@localhost/b", false),
            ("postgres://a@127.0.0.1:1,[::1]:2/b", false),
            ("postgres://a@localhost/b?hostaddr=127.0.0.1", false),
            ("postgres://a@db/b?sslmode=disable", false),
            ("postgres://a@db/b?sslrootcert=/x%20y.pem", true),
            (
                "postgres://a@localhost/b?sslmode=verify-full&sslrootcert=x",
                true,
            ),
        ] {
            let address = parse(text).unwrap();
            let mode = if encrypted {
                SslMode::Require
            } else {
                SslMode::Disable
            };
            assert_eq!(address.config.get_ssl_mode(), mode, "{text}");
            assert_eq!(address.authority.is_some(), encrypted, "{text}");
        }
        let address = parse("postgres://a@db/b?sslrootcert=/x%20y.pem").unwrap();
        assert_eq!(address.authority, Some(PathBuf::from("/x y.pem")));
    }

    #[test]
    fn what_cannot_be_meant_is_refused_and_no_password_is_shown() {
        for text in [
            "postgres://a:secret@db/b",
            "postgres://a:secret@localhost,db/b",
            "postgres://a:secret@localhost/b?hostaddr=10.0.0.5",
            "postgres://a:secret@localhost/b?host=db",
            "postgres://a:secret@db/b?sslmode=prefer",
            "postgres://a:secret@db:x/b",
            "postgres:///b",
            "nonsense",
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.code(), Code::InvalidValue, "{text}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }

    #[test]
    fn only_a_server_that_takes_writes_will_do() {
        let address = parse("postgres://a@127.0.0.1,127.0.0.2/b?target_session_attrs=any").unwrap();
        assert_eq!(
            address.config.get_target_session_attrs(),
            TargetSessionAttrs::ReadWrite
        );
        assert_eq!(address.config.get_hosts().len(), 2);
    }
}
