//! tympan for Swift: the glue that uniffi turns into a Swift package. All of it is generated from
//! the one definition in `tympan-surface`; no rule lives here.

#[rustfmt::skip]
mod generated;

pub use generated::error::TympanError;
pub use generated::handle::Tympan;

uniffi::setup_scaffolding!("tympan");
