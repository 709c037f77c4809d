//! The surface as another language uses it: a shop from its opening to its close.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends at the first surprise"
)]

#[path = "story/coverage.rs"]
mod coverage;
#[path = "story/executor.rs"]
mod executor;
#[path = "story/fixtures.rs"]
mod fixtures;
#[path = "story/futures.rs"]
mod futures;
#[path = "story/inputs.rs"]
mod inputs;
#[path = "story/moving.rs"]
mod moving;
#[path = "story/shop.rs"]
mod shop;
