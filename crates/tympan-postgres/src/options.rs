//! How a database is opened.

use std::time::{Duration, Instant};

use tympan_store::{Keeping, Migrate};

/// How a database is opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PostgresOptions {
    /// What opening may do to the layout.
    pub migrate: Migrate,
    /// The schema that the tables lie in; it is made with them.
    pub schema: String,
    /// How many sessions there are at most on the server: one for the turn, the others for reads
    /// and snapshots. One that was given up counts until the server has ended it. Whoever finds
    /// none waits, and is told `busy` in the end.
    pub connections: usize,
    /// How long to wait: for a connection, for the rows that others hold, for the server's answer.
    /// A commit is waited for five seconds longer; if it was not answered by then, nobody knows
    /// its outcome.
    pub patience: Duration,
    /// How safely the server must keep what it is given. It is asked with every new session: a
    /// server that does less is neither opened nor used after a failover, which is
    /// `store_not_durable`.
    pub minimum: Keeping,
    /// What tells one key ring from another; not a secret. It is kept when the tables are made,
    /// and a later one that differs is refused with `store_keys`. None: nothing is kept, nothing
    /// is compared.
    pub keys_fingerprint: Option<String>,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self {
            migrate: Migrate::Auto,
            schema: "tympan".to_owned(),
            connections: 8,
            patience: Duration::from_secs(10),
            minimum: Keeping::Local,
            keys_fingerprint: None,
        }
    }
}

/// The longest patience: a host may mean "for ever", which no instant can hold.
const LONGEST: Duration = Duration::from_secs(86_400);

impl PostgresOptions {
    pub(crate) fn patience(&self) -> Duration {
        self.patience.clamp(Duration::from_millis(1), LONGEST)
    }

    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.patience()
    }
}
