//! What is found in a database after its charging process was stopped.

use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;

use tympan::{Durability, Tympan};

use super::process::Told;
use super::shop::{job, open};

/// What was found in a database after its process was stopped.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Charges that were answered and are not there.
    pub lost: usize,
    /// Charges that are there twice, answered or not.
    pub doubled: usize,
    /// Receipts that a repeat gives otherwise than they were told.
    pub altered: usize,
    /// Charges that were said to have failed and are there.
    pub unsaid: usize,
    /// What is wrong with the ledger as a whole.
    pub broken: Option<String>,
}

impl Found {
    /// What is wrong, if anything is.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        if let Some(broken) = &self.broken {
            return Some(broken.clone());
        }
        let Self {
            lost,
            doubled,
            altered,
            unsaid,
            ..
        } = self;
        (lost + doubled + altered + unsaid > 0).then(|| {
            format!("{lost} lost, {doubled} doubled, {altered} altered, {unsaid} there in spite of an error")
        })
    }
}

/// Everything that was told is there once, nothing is there twice, repeats get the receipts that
/// were told and write nothing, and the books balance.
///
/// # Errors
/// A database that cannot be opened or read.
pub fn check(database: &Path, told: &Told) -> Result<Found, Box<dyn Error>> {
    let tympan = open(database, Durability::Full)?;
    let mut found = Found::default();
    let verified = tympan.verify()?;
    if !verified.is_sound() {
        found.broken = Some(format!("the ledger is broken: {:?}", verified.faults));
    }
    let before = dump(&tympan)?;
    let charges = charges(&before)?;
    found.lost = told
        .receipts
        .keys()
        .filter(|key| !charges.contains_key(*key))
        .count();
    found.doubled = charges.values().filter(|count| **count > 1).count();
    found.unsaid = told
        .failures
        .iter()
        .filter(|key| charges.contains_key(*key))
        .count();
    let repeats = tympan
        .host()
        .run_all(told.receipts.keys().map(|key| job(key)).collect());
    for (receipt, repeat) in told.receipts.values().zip(repeats) {
        let same = serde_json::to_string(&repeat?)? == *receipt;
        found.altered += usize::from(!same);
    }
    if found.lost == 0 && dump(&tympan)? != before {
        found.broken = Some("a repeat changed something".to_owned());
    }
    Ok(found)
}

fn dump(tympan: &Tympan) -> Result<Vec<u8>, tympan::Error> {
    let mut out = Vec::new();
    tympan.dump(&mut out)?;
    Ok(out)
}

/// How often each job was charged, by its queue.
fn charges(dump: &[u8]) -> Result<BTreeMap<String, usize>, Box<dyn Error>> {
    let mut charges = BTreeMap::new();
    for line in std::str::from_utf8(dump)?.lines() {
        let line: serde_json::Value = serde_json::from_str(line)?;
        let text = |place: &str| line.pointer(place).and_then(serde_json::Value::as_str);
        if let (Some("entry"), Some(queue)) = (text("/table"), text("/row/queue")) {
            *charges.entry(queue.to_owned()).or_default() += 1;
        }
    }
    Ok(charges)
}
