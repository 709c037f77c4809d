//! The embedded store of tympan: one SQLite file.
//!
//! Several processes may open the same file; their turns queue fairly, in the order in which they
//! came. Beside `shop.db` lie SQLite's own `shop.db-wal` and `shop.db-shm`, and two empty files by
//! which processes queue, `shop.db-next` and `shop.db-turn`. Copy a database that is in use with
//! [`SqliteStore::backup_to`], never by copying the file.
//!
//! ```
//! # fn main() -> Result<(), tympan_core::error::Error> {
//! # let directory = std::env::temp_dir().join(format!("tympan-sqlite-{}", std::process::id()));
//! # std::fs::create_dir_all(&directory).unwrap();
//! # let path = directory.join("shop.db");
//! use tympan_sqlite::{SqliteOptions, SqliteStore};
//!
//! let store = SqliteStore::open(&path, &SqliteOptions::default())?;
//! # drop(store);
//! # std::fs::remove_dir_all(&directory).unwrap();
//! # Ok(())
//! # }
//! ```

mod backup;
mod commit;
mod connection;
mod error;
mod filter;
mod known;
mod list;
mod load;
mod migrate;
mod options;
mod queue;
mod receipts;
#[cfg(test)]
#[path = "../tests/samples/mod.rs"]
mod samples;
mod snapshot;
mod statements;
mod store;
mod turn;
mod turnstile;

pub use backup::{copy, is_same_place, taken};
pub use options::SqliteOptions;
pub use store::SqliteStore;
pub use tympan_store::{Durability, Migrate};
