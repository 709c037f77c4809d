//! What only tests of the bindings see.

mod definition;

pub use definition::*;
