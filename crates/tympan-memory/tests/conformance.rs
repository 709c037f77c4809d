//! The reference store keeps the contract.

use tympan_memory::MemoryStore;
use tympan_store::Store;
use tympan_store::conformance::Harness;

/// The data lives in the first handle, which the harness keeps.
struct Memory(MemoryStore);

impl Harness for Memory {
    fn open(&self) -> Box<dyn Store> {
        Box::new(self.0.reopened())
    }
}

tympan_store::conformance!(Memory(MemoryStore::new()));
