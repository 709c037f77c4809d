//! PostgreSQL keeps the contract.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

mod common;

use common::Schema;
use tympan_store::Store;
use tympan_store::conformance::Harness;

/// A schema, which every handle opens anew.
struct InSchema(Schema);

impl Harness for InSchema {
    fn open(&self) -> Box<dyn Store> {
        Box::new(self.0.open())
    }
}

tympan_store::conformance!(InSchema(Schema::new()));
