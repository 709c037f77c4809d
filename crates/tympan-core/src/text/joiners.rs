//! The joiners U+200C and U+200D. They are seen where they stand between letters of a script whose
//! letters join: `علی‌رضا` and many names in Hindi or Sinhala are not written right without. Elsewhere
//! they cannot be seen. This is what UAX 31 and UTS 39 ask for, without asking which letters of such
//! a script join: the joiner stands between two letters or marks of one script that joins.

use unicode_normalization::char::is_combining_mark;

pub(super) fn is_joiner(symbol: char) -> bool {
    matches!(symbol, '\u{200c}' | '\u{200d}')
}

/// The first joiner that nobody would see.
pub(super) fn first_misplaced(text: &str) -> Option<char> {
    let mut before = None;
    let mut symbols = text.chars().peekable();
    while let Some(symbol) = symbols.next() {
        let behind = symbols.peek().copied().and_then(joining_script);
        if is_joiner(symbol) && (behind.is_none() || behind != before) {
            return Some(symbol);
        }
        before = joining_script(symbol);
    }
    None
}

/// The script of a letter or a mark, by its first code point, if its letters join: that of Arabic,
/// Syriac, N'Ko or Mongolian, or one of India and around, where signs are joined.
fn joining_script(symbol: char) -> Option<u32> {
    if !symbol.is_alphabetic() && !is_combining_mark(symbol) {
        return None;
    }
    match u32::from(symbol) {
        0x600..=0x6ff | 0x750..=0x77f | 0x870..=0x8ff | 0xfb50..=0xfdff | 0xfe70..=0xfefc => {
            Some(0x600)
        }
        0x700..=0x74f => Some(0x700),
        0x7c0..=0x7ff => Some(0x7c0),
        // Each has a block of its own, one behind the other: Devanagari to Sinhala.
        india @ 0x900..=0xdff => Some(india & !0x7f),
        0x1000..=0x109f => Some(0x1000),
        0x1780..=0x17ff => Some(0x1780),
        0x1800..=0x18af => Some(0x1800),
        _ => None,
    }
}
