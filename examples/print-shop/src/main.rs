//! A month in a print shop.
fn main() {}
