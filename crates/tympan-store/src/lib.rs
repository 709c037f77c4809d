//! The contract that every tympan store implements, and the conformance suite that every store runs
