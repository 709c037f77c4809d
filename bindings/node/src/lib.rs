//! The addon of Node: what `index.cjs` calls.
//!
//! Everything about single methods, records and enums is generated; what is here is the same for all
//! of them: [`values`] says how values cross, and [`binding`] holds what belongs to one environment:
//! its calls under way, which become promises.

mod binding;
#[cfg_attr(test, allow(dead_code, reason = "napi exports nothing in tests"))]
#[rustfmt::skip]
mod generated;
mod values;
