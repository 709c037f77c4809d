//! The store of tympan for several machines: a PostgreSQL database.
//!
//! Any number of processes may open one database. A turn takes row locks in a fixed order when it
//! loads and keeps them until it commits; a commit checks on the server whatever it rests on. Both
//! take one exchange with the server, however much they carry. Time is the server's.
//!
//! What a commit has answered stays: `synchronous_commit` is set by the store itself, and a commit
//! of which nobody knows whether it took effect is reported as just that, never as a failure and
//! never as a success. [`Store::doctor`](tympan_store::Store::doctor) says how safely the server
//! keeps what it is given.
//!
//! ```no_run
//! # fn main() -> Result<(), tympan_core::error::Error> {
//! use tympan_postgres::{PostgresOptions, PostgresStore};
//!
//! let address = "postgres://tympan@db1,db2/printing?sslrootcert=/etc/ssl/ours.pem";
//! let store = PostgresStore::open(address, &PostgresOptions::default())?;
//! # drop(store);
//! # Ok(())
//! # }
//! ```

mod address;
mod answers;
mod cells;
mod commit;
mod connect;
mod culprits;
mod doctor;
mod error;
mod expectations;
mod found;
mod line;
mod link;
mod list;
mod load;
mod migrate;
mod options;
mod outcome;
mod parts;
mod pool;
mod reads;
mod snapshot;
mod statements;
mod steps;
mod store;
mod texts;
mod tls;
mod turn;

pub use options::PostgresOptions;
pub use store::PostgresStore;
pub use tympan_store::{Keeping, Migrate, Report};
