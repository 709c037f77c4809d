//! What lies on the disk, and what of it would survive.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};

use rand::RngExt;
use rand::rngs::StdRng;

/// What a disk writes whole or not at all.
const SECTOR: usize = 512;

/// Number of the only folder.
pub(super) const ROOT: u64 = 1;

/// What becomes of writes that nobody synced when the power goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// None of them is there afterwards.
    Everything,
    /// Some are, in no order, and some of those only to a part.
    APart,
}

/// A kind of thing that is asked of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    /// Reading from a file.
    Read,
    /// Writing to a file, making it longer or shorter, making, naming or removing it.
    Write,
    /// Syncing a file or the folder.
    Sync,
}

/// What the disk says where it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It cannot.
    Broken,
    /// It is full.
    Full,
}

/// Where a disk is to fail. What SQLite keeps in shared memory is no matter of the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// At which kind of operation.
    pub operation: Operation,
    /// At which one of them, counted from 1 since the disk was told.
    pub number: u64,
    /// Whether all later ones fail too.
    pub lasts: bool,
    /// What it says.
    pub reason: Reason,
}

/// How often each kind of thing was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Reads.
    pub reads: u64,
    /// Writes.
    pub writes: u64,
    /// Syncs.
    pub syncs: u64,
}

impl Counts {
    /// Of one kind.
    #[must_use]
    pub fn of(&self, operation: Operation) -> u64 {
        match operation {
            Operation::Read => self.reads,
            Operation::Write => self.writes,
            Operation::Sync => self.syncs,
        }
    }

    fn of_mut(&mut self, operation: Operation) -> &mut u64 {
        match operation {
            Operation::Read => &mut self.reads,
            Operation::Write => &mut self.writes,
            Operation::Sync => &mut self.syncs,
        }
    }
}

/// Files and their contents.
#[derive(Clone, Debug)]
pub struct Image {
    inodes: BTreeMap<u64, File>,
    names: BTreeMap<OsString, u64>,
}

/// Why something cannot be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Missing,
    Exists,
    Failed(Reason),
}

#[derive(Clone, Debug, Default)]
pub(super) struct File {
    pub(super) content: Vec<u8>,
    pub(super) mode: u16,
    pub(super) owner: (u32, u32),
    synced: Vec<u8>,
    unsynced: Vec<Piece>,
}

/// A change of a file that may be lost.
#[derive(Clone, Debug)]
enum Piece {
    Write(usize, Vec<u8>),
    Resize(usize),
}

impl Piece {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Resize(length) => content.resize(*length, 0),
            Self::Write(offset, bytes) => {
                let end = offset.saturating_add(bytes.len());
                if content.len() < end {
                    content.resize(end, 0);
                }
                if let Some(place) = content.get_mut(*offset..end) {
                    place.copy_from_slice(bytes);
                }
            }
        }
    }

    /// Applies it, or a part of it, or nothing.
    fn apply_by_chance(&self, content: &mut Vec<u8>, random: &mut StdRng) {
        match (random.random_range(0..4), self) {
            (0 | 1, _) => {}
            (2, Self::Write(offset, bytes)) => {
                let sectors = bytes.len().div_ceil(SECTOR).max(1);
                let whole = random.random_range(0..sectors).saturating_mul(SECTOR);
                let begun = bytes.get(..whole).unwrap_or_default();
                Self::Write(*offset, begun.to_vec()).apply(content);
            }
            _ => self.apply(content),
        }
    }
}

impl File {
    fn change(&mut self, piece: Piece) {
        piece.apply(&mut self.content);
        self.unsynced.push(piece);
    }

    fn sync(&mut self) {
        for piece in self.unsynced.drain(..) {
            piece.apply(&mut self.synced);
        }
    }

    fn lose(&mut self, loss: Loss, random: &mut StdRng) {
        for piece in self.unsynced.drain(..) {
            if loss == Loss::APart {
                piece.apply_by_chance(&mut self.synced, random);
            }
        }
        self.content.clone_from(&self.synced);
    }
}

pub(super) struct Files {
    inodes: BTreeMap<u64, File>,
    names: BTreeMap<OsString, u64>,
    synced_names: BTreeMap<OsString, u64>,
    next: u64,
    lies: bool,
    failure: Option<Failure>,
    counts: Counts,
}

impl Files {
    pub(super) fn new(lies: bool) -> Self {
        Self {
            inodes: BTreeMap::new(),
            names: BTreeMap::new(),
            synced_names: BTreeMap::new(),
            next: ROOT + 1,
            lies,
            failure: None,
            counts: Counts::default(),
        }
    }

    pub(super) fn counts(&self) -> Counts {
        self.counts
    }

    pub(super) fn fail(&mut self, failure: Option<Failure>) {
        self.failure = failure;
        self.counts = Counts::default();
    }

    pub(super) fn lose(&mut self, loss: Loss, random: &mut StdRng) {
        self.failure = None;
        for file in self.inodes.values_mut() {
            file.lose(loss, random);
        }
        let mut names = self.synced_names.clone();
        if loss == Loss::APart {
            for name in self.names.keys().chain(self.synced_names.keys()) {
                match self.names.get(name) {
                    _ if random.random_bool(0.5) => {}
                    Some(number) => drop(names.insert(name.clone(), *number)),
                    None => drop(names.remove(name)),
                }
            }
        }
        self.inodes
            .retain(|number, _| names.values().any(|named| named == number));
        self.synced_names.clone_from(&names);
        self.names = names;
    }

    pub(super) fn image(&self) -> Image {
        let mut inodes = self.inodes.clone();
        inodes.values_mut().for_each(File::sync);
        Image {
            inodes,
            names: self.names.clone(),
        }
    }

    pub(super) fn restore(&mut self, image: &Image) {
        self.inodes.clone_from(&image.inodes);
        self.names.clone_from(&image.names);
        self.synced_names.clone_from(&image.names);
        self.failure = None;
    }

    pub(super) fn names(&self) -> impl Iterator<Item = (&OsString, u64)> {
        self.names.iter().map(|(name, number)| (name, *number))
    }

    pub(super) fn find(&self, name: &OsStr) -> Result<u64, Refusal> {
        self.names.get(name).copied().ok_or(Refusal::Missing)
    }

    pub(super) fn file(&self, number: u64) -> Result<&File, Refusal> {
        self.inodes.get(&number).ok_or(Refusal::Missing)
    }

    pub(super) fn file_mut(&mut self, number: u64) -> Result<&mut File, Refusal> {
        self.inodes.get_mut(&number).ok_or(Refusal::Missing)
    }

    pub(super) fn links(&self, number: u64) -> usize {
        self.names
            .values()
            .filter(|named| **named == number)
            .count()
    }

    pub(super) fn create(
        &mut self,
        name: &OsStr,
        mode: u16,
        owner: (u32, u32),
    ) -> Result<u64, Refusal> {
        if self.names.contains_key(name) {
            return Err(Refusal::Exists);
        }
        self.attempt(Operation::Write, Some(name))?;
        let number = self.next;
        self.next += 1;
        let file = File {
            mode,
            owner,
            ..File::default()
        };
        self.inodes.insert(number, file);
        self.names.insert(name.to_owned(), number);
        Ok(number)
    }

    pub(super) fn link(&mut self, number: u64, name: &OsStr) -> Result<(), Refusal> {
        if self.names.contains_key(name) {
            return Err(Refusal::Exists);
        }
        self.attempt(Operation::Write, Some(name))?;
        self.names.insert(name.to_owned(), number);
        Ok(())
    }

    pub(super) fn unlink(&mut self, name: &OsStr) -> Result<(), Refusal> {
        self.find(name)?;
        self.attempt(Operation::Write, Some(name))?;
        // What has no name any more is served as long as somebody has it open.
        self.names.remove(name);
        Ok(())
    }

    pub(super) fn rename(&mut self, from: &OsStr, to: &OsStr) -> Result<(), Refusal> {
        let number = self.find(from)?;
        self.attempt(Operation::Write, Some(to))?;
        self.names.remove(from);
        self.names.insert(to.to_owned(), number);
        Ok(())
    }

    pub(super) fn read(
        &mut self,
        number: u64,
        offset: usize,
        size: usize,
    ) -> Result<&[u8], Refusal> {
        self.attempt_on(Operation::Read, number)?;
        let content = &self.file(number)?.content;
        let end = offset.saturating_add(size).min(content.len());
        Ok(content.get(offset..end).unwrap_or_default())
    }

    pub(super) fn write(
        &mut self,
        number: u64,
        offset: usize,
        bytes: &[u8],
    ) -> Result<(), Refusal> {
        self.attempt_on(Operation::Write, number)?;
        self.file_mut(number)?
            .change(Piece::Write(offset, bytes.to_vec()));
        Ok(())
    }

    pub(super) fn resize(&mut self, number: u64, length: usize) -> Result<(), Refusal> {
        self.attempt_on(Operation::Write, number)?;
        self.file_mut(number)?.change(Piece::Resize(length));
        Ok(())
    }

    pub(super) fn sync(&mut self, number: u64) -> Result<(), Refusal> {
        self.attempt_on(Operation::Sync, number)?;
        if self.lies {
            return Ok(());
        }
        if number == ROOT {
            self.synced_names.clone_from(&self.names);
        } else {
            self.file_mut(number)?.sync();
        }
        Ok(())
    }

    fn attempt_on(&mut self, operation: Operation, number: u64) -> Result<(), Refusal> {
        let name = self.names.iter().find(|(_, named)| **named == number);
        let name = name.map(|(name, _)| name.clone());
        self.attempt(operation, name.as_deref())
    }

    /// Counts an operation, and fails where it was told to.
    fn attempt(&mut self, operation: Operation, name: Option<&OsStr>) -> Result<(), Refusal> {
        if name.is_some_and(|name| name.as_encoded_bytes().ends_with(b"-shm")) {
            return Ok(());
        }
        let count = self.counts.of_mut(operation);
        *count += 1;
        match self.failure {
            Some(failure)
                if failure.operation == operation
                    && (failure.number == *count || failure.lasts && failure.number < *count) =>
            {
                Err(Refusal::Failed(failure.reason))
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn name(text: &str) -> &OsStr {
        OsStr::new(text)
    }

    fn content(files: &Files, text: &str) -> Option<String> {
        let file = files.file(files.find(name(text)).ok()?).ok()?;
        Some(String::from_utf8_lossy(&file.content).into_owned())
    }

    fn lose(files: &mut Files, loss: Loss, seed: u64) {
        files.lose(loss, &mut StdRng::seed_from_u64(seed));
    }

    #[test]
    fn only_what_was_synced_survives() {
        let mut files = Files::new(false);
        let one = files.create(name("one"), 0o600, (0, 0)).unwrap();
        files.write(one, 0, b"kept").unwrap();
        files.sync(one).unwrap();
        files.sync(ROOT).unwrap();
        files.write(one, 2, b"lost").unwrap();
        files.create(name("two"), 0o600, (0, 0)).unwrap();
        assert_eq!(content(&files, "one").unwrap(), "kelost");
        lose(&mut files, Loss::Everything, 0);
        assert_eq!(content(&files, "one").unwrap(), "kept");
        assert_eq!(content(&files, "two"), None);
    }

    #[test]
    fn a_disk_that_lies_keeps_nothing() {
        let mut files = Files::new(true);
        let one = files.create(name("one"), 0o600, (0, 0)).unwrap();
        files.write(one, 0, b"lost").unwrap();
        files.sync(one).unwrap();
        files.sync(ROOT).unwrap();
        lose(&mut files, Loss::Everything, 0);
        assert_eq!(content(&files, "one"), None);
    }

    #[test]
    fn of_what_was_not_synced_any_part_may_survive() {
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..200 {
            let mut files = Files::new(false);
            let one = files.create(name("one"), 0o600, (0, 0)).unwrap();
            files.sync(ROOT).unwrap();
            files.write(one, 0, &[b'a'; 2 * SECTOR]).unwrap();
            files.write(one, 2 * SECTOR, b"b").unwrap();
            lose(&mut files, Loss::APart, seed);
            let content = content(&files, "one").unwrap();
            let count = |sign| content.matches(sign).count();
            seen.insert((count('a'), count('b')));
        }
        let all = [0, SECTOR, 2 * SECTOR].map(|a| [(a, 0), (a, 1)]);
        assert_eq!(seen, all.into_iter().flatten().collect());
    }

    #[test]
    fn it_fails_where_it_is_told_to() {
        let mut files = Files::new(false);
        let one = files.create(name("one"), 0o600, (0, 0)).unwrap();
        let index = files.create(name("one-shm"), 0o600, (0, 0)).unwrap();
        files.fail(Some(Failure {
            operation: Operation::Write,
            number: 2,
            lasts: false,
            reason: Reason::Full,
        }));
        files.write(index, 0, b"uncounted").unwrap();
        files.write(one, 0, b"a").unwrap();
        files.sync(one).unwrap();
        let full = Err(Refusal::Failed(Reason::Full));
        assert_eq!(files.write(one, 1, b"b"), full);
        files.write(one, 1, b"c").unwrap();
        assert_eq!(content(&files, "one").unwrap(), "ac");
        assert_eq!((files.counts().writes, files.counts().syncs), (3, 1));
    }
}
