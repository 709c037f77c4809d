//! What the server says, taken apart as it comes.

use std::ops::Range;

use bytes::{Bytes, BytesMut};

use crate::error::{Fault, Notice};
use crate::parts::Parts;

/// The connection broke, or what came over it is not what a server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// A row: cells in the binary form of their types.
#[derive(Debug)]
pub(crate) struct Row {
    bytes: Bytes,
    cells: Vec<Option<Range<usize>>>,
}

impl Row {
    fn read(bytes: Bytes) -> Option<Self> {
        let mut rest = Parts(&bytes);
        let count = rest.short()?;
        let mut cells = Vec::with_capacity(count.into());
        for _ in 0..count {
            let cell = rest.sized()?;
            let end = bytes.len() - rest.0.len();
            cells.push(cell.map(|cell| end - cell.len()..end));
        }
        Some(Self { bytes, cells })
    }

    /// How many cells there are.
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// A cell; none if there is no such cell, nothing in it if it is empty.
    pub(crate) fn cell(&self, at: usize) -> Option<Option<&[u8]>> {
        match self.cells.get(at)? {
            Some(range) => self.bytes.get(range.clone()).map(Some),
            None => Some(None),
        }
    }

    /// A number of eight bytes.
    pub(crate) fn number(&self, at: usize) -> Option<i64> {
        let bytes = self.cell(at)??.try_into().ok()?;
        Some(i64::from_be_bytes(bytes))
    }

    /// A text.
    pub(crate) fn text(&self, at: usize) -> Option<&str> {
        std::str::from_utf8(self.cell(at)??).ok()
    }

    /// Whether a condition is met.
    pub(crate) fn is_so(&self, at: usize) -> Option<bool> {
        Some(self.cell(at)?? == [1])
    }
}

/// What came back for one step.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) rows: Vec<Row>,
    /// Whether it is that a transaction took effect. After an error a COMMIT is answered with
    /// success too, but by another word.
    pub(crate) is_commit: bool,
}

/// What came back for several steps: the answers of all of them, or of those before a fault.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    pub(crate) given: Vec<Answer>,
    pub(crate) fault: Option<Fault>,
    /// What has come for the step that is being answered.
    next: Answer,
}

impl Answers {
    /// None but a fault.
    pub(crate) fn of(fault: Fault) -> Self {
        Self {
            fault: Some(fault),
            ..Self::default()
        }
    }
}

/// What a server says of its session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    #[default]
    Idle,
    InTransaction,
    /// In a transaction that failed: it does nothing more.
    Failed,
}

/// What has come and was not sorted yet, and where that leaves the session.
#[derive(Debug, Default)]
pub(crate) struct Inbox {
    bytes: BytesMut,
    /// How many times the server has yet to say that it is ready: once for each time it was asked.
    pub(crate) owed: usize,
    pub(crate) state: State,
    /// The warnings that came with the last answers.
    pub(crate) warnings: Vec<String>,
}

impl Inbox {
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Sorts what has come whole. Whether the server has answered everything that was asked; what it
    /// says for those who asked before, and waited for nothing, is passed over.
    pub(crate) fn sort(&mut self, answers: &mut Answers) -> Result<bool, Broken> {
        while let Some((kind, content)) = self.message()? {
            match (kind, self.owed) {
                (b'Z', 1..) => {
                    self.owed -= 1;
                    self.state = match *content {
                        [b'I'] => State::Idle,
                        [b'T'] => State::InTransaction,
                        [b'E'] => State::Failed,
                        _ => return Err(Broken),
                    };
                    if self.owed == 0 {
                        return Ok(true);
                    }
                }
                // Parts of a setting that changed, or a word to somebody who listens.
                (b'S' | b'A', _) => {}
                (b'N', 0 | 2..) => {}
                (b'N', 1) => {
                    let notice = Notice::read(&content);
                    if notice.is_warning() {
                        self.warnings.push(notice.state);
                    }
                }
                (b'E', 0 | 1) => {
                    let fault = Fault::Refused(Notice::read(&content));
                    answers.fault.get_or_insert(fault);
                    // Unasked, it is a word of farewell.
                    if self.owed == 0 {
                        return Err(Broken);
                    }
                }
                (b'D', 1) => answers.next.rows.push(Row::read(content).ok_or(Broken)?),
                (b'C' | b'I', 1) => {
                    answers.next.is_commit = *content == *b"COMMIT\0";
                    answers.given.push(std::mem::take(&mut answers.next));
                }
                // Taken, planned, described; and whatever it is, if nobody waits for it.
                (b'1' | b'2' | b'T' | b'n', 1) | (_, 2..) => {}
                _ => return Err(Broken),
            }
        }
        Ok(false)
    }

    /// The next message, if it is there as a whole: what it is, and what is in it.
    fn message(&mut self) -> Result<Option<(u8, Bytes)>, Broken> {
        let mut head = Parts(&self.bytes);
        let (Some(kind), Some(length)) = (head.byte(), head.number()) else {
            return Ok(None);
        };
        // It counts itself, and not the byte in front of it.
        let content = usize::try_from(length)
            .ok()
            .and_then(|all| all.checked_sub(4));
        let content = content.ok_or(Broken)?;
        if head.0.len() < content {
            return Ok(None);
        }
        let mut message = self.bytes.split_to(5 + content).freeze();
        Ok(Some((kind, message.split_off(5))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, content: &[u8]) -> Vec<u8> {
        let length = u32::try_from(content.len() + 4).unwrap();
        [&[kind], &length.to_be_bytes()[..], content].concat()
    }

    /// What is made of bytes that come one by one.
    fn sorted(owed: usize, bytes: &[u8]) -> (Inbox, Answers, Result<bool, Broken>) {
        let (mut inbox, mut answers) = (Inbox::default(), Answers::default());
        inbox.owed = owed;
        let mut outcome = Ok(false);
        for byte in bytes {
            inbox.put(&[*byte]);
            outcome = inbox.sort(&mut answers);
            if outcome.is_err() {
                break;
            }
        }
        (inbox, answers, outcome)
    }

    const ERROR: &[u8] = b"SFEHLER\0VERROR\0C23505\0Mtaken\0\0";

    #[test]
    fn each_step_has_its_rows_and_only_a_commit_is_one() {
        let said = [
            message(b'2', b""),
            message(b'D', b"\0\x02\0\0\0\x01x\xff\xff\xff\xff"),
            message(b'C', b"SELECT 1\0"),
            message(b'C', b"COMMIT\0"),
            message(b'Z', b"I"),
        ];
        let (inbox, answers, outcome) = sorted(1, &said.concat());
        assert_eq!((outcome, inbox.state), (Ok(true), State::Idle));
        let [first, second] = answers.given.as_slice() else {
            panic!("{answers:?}");
        };
        assert_eq!(first.rows[0].cell(0), Some(Some(&b"x"[..])));
        assert_eq!(first.rows[0].cell(1), Some(None));
        assert_eq!(first.rows[0].cell(2), None);
        assert_eq!((first.is_commit, second.is_commit), (false, true));
        assert!(answers.fault.is_none());
        let undone = [message(b'C', b"ROLLBACK\0"), message(b'Z', b"I")];
        let (_, answers, _) = sorted(1, &undone.concat());
        assert!(!answers.given[0].is_commit);
    }

    #[test]
    fn what_fails_ends_the_answers_and_leaves_the_transaction_open() {
        let said = [
            message(b'C', b"BEGIN\0"),
            message(b'N', b"SWARNUNG\0VWARNING\0C01000\0M?\0\0"),
            message(b'E', ERROR),
            message(b'Z', b"E"),
        ];
        let (inbox, answers, outcome) = sorted(1, &said.concat());
        assert_eq!((outcome, inbox.state), (Ok(true), State::Failed));
        assert_eq!(inbox.warnings, ["01000"]);
        assert_eq!(answers.given.len(), 1);
        assert!(matches!(&answers.fault, Some(Fault::Refused(error)) if error.state == "23505"));
    }

    #[test]
    fn what_nobody_waits_for_is_passed_over_and_a_farewell_is_not() {
        let said = [
            message(b'N', b"VWARNING\0C25P01\0\0"),
            message(b'C', b"ROLLBACK\0"),
            message(b'Z', b"I"),
            message(b'C', b"SELECT 0\0"),
            message(b'Z', b"I"),
        ];
        let (inbox, answers, outcome) = sorted(2, &said.concat());
        assert_eq!((outcome, answers.given.len()), (Ok(true), 1));
        assert!(inbox.warnings.is_empty());
        for (kind, is_sound) in [(b'S', true), (b'N', true), (b'E', false), (b'D', false)] {
            let (_, _, outcome) = sorted(0, &message(kind, ERROR));
            assert_eq!(outcome.is_ok(), is_sound, "{kind}");
        }
    }

    #[test]
    fn what_no_server_says_is_the_end() {
        for bytes in [
            &b"D\0\0\0\x03"[..],
            b"D\xff\xff\xff\xff",
            b"D\0\0\0\x06\0\x01",
            b"W\0\0\0\x04",
        ] {
            assert_eq!(sorted(1, bytes).2, Err(Broken), "{bytes:?}");
        }
    }
}
