//! Whether what uniffi wrote was made of what there is now. To make it anew takes the library and
//! minutes; a digest of what goes in and of what came out tells as well.

use std::fs;
use std::path::Path;

/// Where the digest is kept.
const STAMP: &str = "bindings/swift/uniffi.digest";

/// What uniffi reads through the library, and what it writes.
const PLACES: [&str; 8] = [
    "bindings/swift/src",
    "bindings/swift/uniffi.toml",
    "bindings/swift/probe/src",
    "bindings/swift/probe/uniffi.toml",
    "bindings/swift/Sources/Tympan/Tympan.swift",
    "bindings/swift/Sources/TympanFFI/TympanFFI.h",
    "bindings/swift/Tests/TympanProbe/TympanProbe.swift",
    "bindings/swift/Tests/TympanProbeFFI/TympanProbeFFI.h",
];

/// What to do about it, if uniffi has to write anew.
///
/// # Errors
/// A file that cannot be read.
pub fn stale(root: &Path) -> Result<Option<&'static str>, String> {
    let current = digest(root)?;
    let is_current = fs::read_to_string(root.join(STAMP)).is_ok_and(|stamp| stamp == current);
    Ok((!is_current).then_some("what uniffi wrote is stale: run `bash tools/swift.sh bindgen`"))
}

/// Takes note that uniffi has written.
///
/// # Errors
/// A file that cannot be read or written.
pub fn stamp(root: &Path) -> Result<(), String> {
    let digest = digest(root)?;
    fs::write(root.join(STAMP), digest).map_err(|error| format!("{STAMP}: {error}"))
}

fn digest(root: &Path) -> Result<String, String> {
    let mut sum = Sum(Sum::EMPTY);
    for place in PLACES {
        sum.place(&root.join(place), place)
            .map_err(|error| format!("{place}: {error}"))?;
    }
    let lock = fs::read_to_string(root.join("Cargo.lock")).unwrap_or_default();
    let version = lock.split("name = \"uniffi\"\n").nth(1);
    sum.add(
        version
            .and_then(|rest| rest.lines().next())
            .unwrap_or_default()
            .as_bytes(),
    );
    Ok(format!("{:016x}\n", sum.0))
}

/// FNV-1a: the same on every machine, and nobody is to be kept from forging it.
struct Sum(u64);

impl Sum {
    const EMPTY: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;

    fn add(&mut self, bytes: &[u8]) {
        let length = bytes.len().to_le_bytes();
        for byte in length.iter().chain(bytes) {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(Self::PRIME);
        }
    }

    /// A file, or all files below a folder in the order of their names.
    fn place(&mut self, path: &Path, name: &str) -> std::io::Result<()> {
        if !path.is_dir() {
            self.add(name.as_bytes());
            self.add(&fs::read(path)?);
            return Ok(());
        }
        let mut names = Vec::new();
        for entry in fs::read_dir(path)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        names
            .iter()
            .try_for_each(|below| self.place(&path.join(below), &format!("{name}/{below}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_goes_in_or_came_out_makes_it_stale() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let places = PLACES.map(|place| match place.ends_with("src") {
            true => format!("{place}/generated/handle.rs"),
            false => place.to_owned(),
        });
        for place in &places {
            fs::create_dir_all(root.join(place).parent().unwrap()).unwrap();
            fs::write(root.join(place), "one").unwrap();
        }
        assert!(stale(root).unwrap().is_some(), "it was never made");
        stamp(root).unwrap();
        assert_eq!(stale(root), Ok(None));
        let lock = "name = \"uniffi\"\nversion = \"9.0.0\"\n".to_owned();
        for (place, text) in places
            .iter()
            .map(|place| (place.as_str(), "two".to_owned()))
            .chain([("Cargo.lock", lock)])
        {
            fs::write(root.join(place), text).unwrap();
            assert!(stale(root).unwrap().is_some(), "{place}");
            stamp(root).unwrap();
            assert_eq!(stale(root), Ok(None), "{place}");
        }
        fs::remove_file(root.join(PLACES[4])).unwrap();
        assert!(stale(root).is_err(), "one is missing");
    }
}
