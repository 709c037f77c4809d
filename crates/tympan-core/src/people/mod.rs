//! Users and what they are recognised by.

mod reference;
mod value;

pub use reference::{PreparedUser, UserReference};
pub use value::{LookupValue, RawValue, lookup_value};
