//! Moves a shop from one machine to several, or back: `move_up FROM TO KEYS`.
//!
//! ```text
//! cargo run --features postgres --example move_up -- \
//!     sqlite:shop.db postgres://tympan@db1,db2/printing?sslrootcert=ours.pem shop.db.keys
//! ```
#![expect(clippy::print_stdout, reason = "the program tells how far it is")]

use tympan::{KeyRing, Options, Tympan};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [from, into, keys] = arguments.as_slice() else {
        return Err(
            "three arguments: the address to copy from, the one to copy to, the key file".into(),
        );
    };
    // Both sides have the same keys: what they find PINs and cards by is made with them.
    let keys = std::fs::read_to_string(keys)?;
    let open = |address: &str| -> Result<Tympan, Box<dyn std::error::Error>> {
        let ring = KeyRing::parse(keys.trim())?;
        Ok(Tympan::open(address, Options::default().keys(ring))?)
    };
    let (from, into) = (open(from)?, open(into)?);
    let copied = from.copy_to(&into, &mut |progress| {
        println!(
            "{} {}: {} rows",
            progress.step, progress.table, progress.rows
        );
    })?;
    let verified = into.verify()?;
    println!(
        "{} rows are the same on both sides, {} were there before; the books {}",
        copied.rows,
        copied.found,
        if verified.is_sound() {
            "balance"
        } else {
            "do not balance"
        }
    );
    Ok(())
}
