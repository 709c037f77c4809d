//! Files of text, their lines, and how a stranger's words are shown.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// A page log of a busy shop grows by some 100 MB a year; what is larger than this is another kind
/// of file, and is read whole.
const FILE_MAX_BYTES: u64 = 1 << 30;

/// Longer values are cut where they are shown: a line of a broken file can be the whole file.
const SHOWN_MAX_CHARS: usize = 60;

/// Why a file cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// Not there, not a file, or not readable.
    #[error("cannot read `{}`: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// Beyond the limit on what is read into memory.
    #[error("`{}` is larger than {FILE_MAX_BYTES} bytes", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// Text in another encoding, or not text.
    #[error("`{}` is not UTF-8: line {line}, byte {byte} (byte {offset} of the file)", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The line of the first wrong byte, from 1.
        line: usize,
        /// The place of that byte in its line, from 1.
        byte: usize,
        /// The number of bytes in the file before it.
        offset: usize,
    },
}

/// A whole file of UTF-8 text.
pub struct TextFile {
    /// Where it came from, for messages.
    pub path: PathBuf,
    /// SHA-256 of its bytes, in lower-case hex.
    pub digest: String,
    text: String,
}

impl TextFile {
    /// Reads a file whole, and refuses it whole.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let unreadable = |source| FileError::Unreadable {
            path: path.to_owned(),
            source,
        };
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let mut bytes = Vec::new();
        file.take(FILE_MAX_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
        if u64::try_from(bytes.len()).is_ok_and(|len| len > FILE_MAX_BYTES) {
            return Err(FileError::TooLarge {
                path: path.to_owned(),
            });
        }
        Self::from_bytes(path, bytes)
    }

    fn from_bytes(path: &Path, bytes: Vec<u8>) -> Result<Self, FileError> {
        let digest = Sha256::digest(&bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self {
                path: path.to_owned(),
                digest,
                text,
            }),
            Err(error) => {
                let offset = error.utf8_error().valid_up_to();
                let before = || error.as_bytes().iter().take(offset);
                Err(FileError::NotUtf8 {
                    path: path.to_owned(),
                    line: before().filter(|byte| **byte == b'\n').count() + 1,
                    byte: before().rev().take_while(|byte| **byte != b'\n').count() + 1,
                    offset,
                })
            }
        }
    }

    /// The text, without a byte order mark.
    pub fn text(&self) -> &str {
        self.text.strip_prefix('\u{feff}').unwrap_or(&self.text)
    }
}

/// The lines that say something, each with its number from 1. A line ends at LF or CR LF, never at
/// one of Unicode's other separators, which a job name may hold.
pub fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.trim_matches([' ', '\t', '\r']).is_empty())
}

/// A line that is left out, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine<R> {
    /// Its number, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub reason: R,
}

/// Shows a stranger's words on a terminal: cut, and with what would move the cursor, ring the bell
/// or turn the writing direction spelt out.
pub struct Shown<'a>(pub &'a str);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steers = |c: char| {
            c.is_control()
                || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}')
                || matches!(c, '\u{2060}'..='\u{2069}' | '\u{feff}')
        };
        for (index, c) in self.0.chars().enumerate() {
            if index == SHOWN_MAX_CHARS {
                return f.write_str("…");
            }
            if steers(c) {
                write!(f, "{}", c.escape_unicode())?;
            } else {
                write!(f, "{c}")?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(bytes: &[u8]) -> Result<TextFile, FileError> {
        TextFile::from_bytes(Path::new("f"), bytes.to_vec())
    }

    #[test]
    fn a_file_that_is_not_utf8_says_where() {
        for (bytes, line, byte, offset) in [
            (&b"\xff"[..], 1, 1, 0),
            (b"ok\nM\xfcller\n", 2, 2, 4),
            (
                "é\n\n"
                    .as_bytes()
                    .iter()
                    .chain(b"ab\xc3")
                    .copied()
                    .collect::<Vec<_>>()
                    .as_slice(),
                3,
                3,
                6,
            ),
        ] {
            match file(bytes) {
                Err(FileError::NotUtf8 {
                    line: l,
                    byte: b,
                    offset: o,
                    ..
                }) => {
                    assert_eq!((l, b, o), (line, byte, offset));
                }
                _ => panic!("accepted {bytes:?}"),
            }
        }
    }

    #[test]
    fn a_file_that_is_not_there_says_so() {
        assert!(matches!(
            TextFile::read(Path::new("/no/such")),
            Err(FileError::Unreadable { .. })
        ));
        assert!(matches!(
            TextFile::read(Path::new("/")),
            Err(FileError::Unreadable { .. })
        ));
    }

    #[test]
    fn a_byte_order_mark_goes_and_the_digest_is_of_all_bytes() {
        let with = file(b"\xef\xbb\xbfa").unwrap();
        assert_eq!(with.text(), "a");
        assert_ne!(with.digest, file(b"a").unwrap().digest);
        assert_eq!(
            file(b"").unwrap().digest,
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn lines_end_at_line_feeds_only_and_blank_ones_keep_their_number() {
        let text = "a\r\n\n \t\r\nb\u{2028}c\u{85}d\x0be\r\r\nf";
        let got: Vec<_> = lines(text).collect();
        assert_eq!(got, [(1, "a"), (4, "b\u{2028}c\u{85}d\x0be\r"), (5, "f")]);
    }

    #[test]
    fn what_steers_a_terminal_is_spelt_out() {
        assert_eq!(
            Shown("a\x1b[2J\u{202e}é").to_string(),
            "a\\u{1b}[2J\\u{202e}é"
        );
        assert_eq!(
            Shown(&"x".repeat(61)).to_string(),
            format!("{}…", "x".repeat(60))
        );
    }
}
