//! The probe for the tests of the Swift binding, in one archive with the binding itself.

#[rustfmt::skip]
mod generated;

uniffi::setup_scaffolding!("tympan_probe");
// Without this nothing here would name the binding, and the archive would not hold it.
tympan_swift::uniffi_reexport_scaffolding!();
