//! What Python, Node and Swift see of tympan.
//!
//! [`definition`] says it, in plain Rust, and the bindings are generated from it. The rest of this
//! crate makes it work: [`Tympan`] is the handle, a [`Call`] is a piece of work that waits for
//! somebody to want it done, on the caller's thread or as a future, and `convert` goes between the
//! types of the definition and those of the engine. [`coverage`] keeps it whole: no command and no
//! query is added to tympan without a decision whether it is shown here.
//!
//! Rules are in the core, and none is here: what this crate refuses by itself is only what has no
//! place in the types of the core, such as a page of no rows.

mod bell;
mod call;
mod convert;
pub mod coverage;
pub mod definition;
mod generation;
mod handle;
mod opened;
mod pool;
#[cfg(feature = "probe")]
pub mod probe;
#[cfg(feature = "probe")]
mod probing;
mod secret;
mod telling;

pub use bell::silence;
pub use call::{Call, Pending, Tasks, caught};
pub use definition::*;
pub use generation::forked;
pub use handle::Tympan;
#[cfg(feature = "probe")]
pub use probing::Probe;
pub use secret::Secret;
pub use telling::tell;
pub use tympan::{Code, Error, Kind, Timestamp};
