//! Users, identities, roles, profiles, groups and allowances for print and production workflow: the engine and its face for Rust
