//! Seeded simulation of tympan: workload, faults, and an auditor with its own model.
//!
//! One seed gives the commands, the clock, the ids and the random bytes. Every step is done to the
//! store in memory and to a SQLite file; the answers are compared, then audited.
//!
//! Several clients at once get answers that nobody can predict: what must hold in whatever order
//! they came is checked instead.

mod ask;
mod auditor;
mod calendar;
mod chance;
pub mod charging;
mod clients;
#[cfg(feature = "power")]
pub mod disk;
mod dumped;
mod fault;
mod interruption;
mod low_balances;
mod question;
mod sides;
mod simulation;
mod step;
mod workload;
mod world;

pub use ask::{Answer, Ask, Reply};
pub use auditor::Auditor;
pub use chance::Chance;
pub use fault::Fault;
pub use question::Question;
pub use sides::Kind;
pub use simulation::{Failure, Plan, Report, simulate};
pub use step::Step;
pub use workload::{Mix, START_MS, Workload};
