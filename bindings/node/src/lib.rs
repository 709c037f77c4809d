//! The addon of Node: what `index.cjs` calls.
//!
//! Everything about single methods, records and enums is generated; what is here is the same for all
//! of them: [`read`] takes values from JavaScript and refuses what would lose something on the way,
//! [`write`] gives values back, [`tasks`] turns calls into promises on the event loop, and
//! [`binding`] holds what belongs to one environment, the main thread's or a worker's.

mod binding;
#[cfg_attr(
    test,
    allow(
        dead_code,
        reason = "napi registers what it exports only where there are no tests"
    )
)]
#[rustfmt::skip]
mod generated;
mod read;
mod tasks;
mod write;
