//! What text may be, and how texts are compared.

mod joiners;

use icu_casemap::CaseMapper;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::error::{Code, Error};
use joiners::{first_misplaced, is_joiner};

/// Characters of a name (user, role, profile and the like): fits PaperCut's and Printanista's.
pub const MAX_NAME: usize = 200;
/// Characters of a username: PaperCut's limit.
pub const MAX_USERNAME: usize = 50;
/// Characters of an e-mail address: RFC 5321's path limit less the brackets.
pub const MAX_EMAIL: usize = 254;
/// Characters of a short field: department, office, account code, queue, label.
pub const MAX_SHORT: usize = 200;
/// Characters of notes and reasons.
pub const MAX_NOTES: usize = 4_000;
/// Characters of an identity's value as typed or read.
pub const MAX_VALUE: usize = 256;
/// Characters that an error repeats of what it refuses: enough to recognise it.
const MAX_EXCERPT: usize = 64;
/// Characters of a search pattern.
pub const MAX_PATTERN: usize = 200;

/// A text without surrounding white space that may be shown on one line.
///
/// # Errors
/// `empty_text`, `text_too_long`, `control_character`.
pub fn required(field: &'static str, text: &str, limit: usize) -> Result<String, Error> {
    optional(field, text, limit)?.ok_or_else(|| {
        Error::new(Code::EmptyText, format!("`{field}` is empty")).with("field", field)
    })
}

/// Like [`required`], for what people are recognised by: without the joiners that words may be
/// written with, since nobody types them.
///
/// # Errors
/// Those of [`required`].
pub fn without_joiners(field: &'static str, text: &str, limit: usize) -> Result<String, Error> {
    let text = required(field, text, limit)?;
    match text.chars().find(|symbol| is_joiner(*symbol)) {
        Some(joiner) => Err(unprintable(field, joiner)),
        None => Ok(text),
    }
}

/// Like [`required`], where a text is given at all.
///
/// # Errors
/// Those of [`required`].
pub fn given(
    field: &'static str,
    text: Option<&str>,
    limit: usize,
) -> Result<Option<String>, Error> {
    text.map(|text| required(field, text, limit)).transpose()
}

/// Like [`required`], but an empty text is none.
///
/// # Errors
/// `text_too_long`, `control_character`.
pub fn optional(field: &'static str, text: &str, limit: usize) -> Result<Option<String>, Error> {
    checked(field, text, limit, |_| false)
}

/// A text of several lines.
///
/// # Errors
/// `text_too_long`, `control_character`.
pub fn notes(field: &'static str, text: &str) -> Result<Option<String>, Error> {
    checked(field, text, MAX_NOTES, |symbol| {
        matches!(symbol, '\n' | '\r' | '\t')
    })
}

fn checked(
    field: &'static str,
    text: &str,
    limit: usize,
    allowed: impl Fn(char) -> bool,
) -> Result<Option<String>, Error> {
    let text = text.trim();
    // Selectors choose how the character before them looks; by themselves they look like nothing.
    let text = if text.chars().all(is_variation_selector) {
        ""
    } else {
        text
    };
    if text.chars().nth(limit).is_some() {
        return Err(Error::new(
            Code::TextTooLong,
            format!("`{field}` is longer than {limit} characters"),
        )
        .with("field", field)
        .with("limit", limit));
    }
    let refused =
        |symbol: &char| is_unprintable(*symbol) && !allowed(*symbol) && !is_joiner(*symbol);
    let refused = text.chars().find(refused);
    if let Some(symbol) = refused.or_else(|| first_misplaced(text)) {
        return Err(unprintable(field, symbol));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

fn unprintable(field: &'static str, symbol: char) -> Error {
    let number = u32::from(symbol);
    let message = format!("`{field}` holds the control character U+{number:04X}");
    Error::new(Code::ControlCharacter, message).with("field", field)
}

/// What an error repeats of a text that nobody has checked: its beginning, on one line.
#[must_use]
pub(crate) fn excerpt(text: &str) -> String {
    text.chars()
        .filter(|symbol| !is_unprintable(*symbol))
        .take(MAX_EXCERPT)
        .collect()
}

/// Control characters, and those that change how others are shown or cannot be seen: two names
/// that look the same must not differ by them. These are Unicode's *default ignorable* code points
/// less the variation selectors, the separators of lines, interlinear annotation, and the blank of
/// Braille.
#[must_use]
pub fn is_unprintable(symbol: char) -> bool {
    symbol.is_control()
        || matches!(symbol,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e00ff}' | '\u{e01f0}'..='\u{e0fff}')
}

/// Variation selectors: some names are written with them (a Japanese family has its own form of a
/// character), so they are kept, but nothing is told apart by them.
fn is_variation_selector(symbol: char) -> bool {
    matches!(symbol,
        '\u{180b}'..='\u{180d}' | '\u{180f}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}')
}

/// The form in which names are compared: compatibility-composed, case folded. `Müller` and
/// `MÜLLER` are the same, `Muller` is another. Variation selectors and joiners make no difference.
#[must_use]
pub fn fold(text: &str) -> String {
    if text
        .bytes()
        .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
    {
        return text.to_owned();
    }
    let composed: String = text
        .nfkc()
        .filter(|symbol| !is_variation_selector(*symbol) && !is_joiner(*symbol))
        .collect();
    CaseMapper::new().fold_string(&composed).nfkc().collect()
}

/// The form in which lists are searched and sorted: like [`fold`], and without accents, so that
/// `muller` finds `Müller`.
#[must_use]
pub fn fold_for_search(text: &str) -> String {
    if text
        .bytes()
        .all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase())
    {
        return text.to_owned();
    }
    // Variation selectors are combining marks too.
    let bare: String = text
        .nfkd()
        .filter(|symbol| !is_combining_mark(*symbol) && !is_joiner(*symbol))
        .collect();
    let folded = CaseMapper::new().fold_string(&bare);
    folded
        .nfkd()
        .filter(|symbol| !is_combining_mark(*symbol))
        .nfc()
        .collect()
}

/// An e-mail address: something, one `@`, a host name with at least one dot.
///
/// # Errors
/// `invalid_email`, and those of [`required`].
pub fn email(field: &'static str, text: &str) -> Result<String, Error> {
    let text = without_joiners(field, text, MAX_EMAIL)?;
    let well_formed = text.rsplit_once('@').is_some_and(|(local, host)| {
        let host_label = |label: &str| {
            !label.is_empty()
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label
                    .chars()
                    .all(|symbol| symbol.is_alphanumeric() || symbol == '-')
        };
        !local.is_empty()
            && local.chars().count() <= 64
            && local
                .chars()
                .all(|symbol| !symbol.is_whitespace() && !"@<>(),;:\\\"[]".contains(symbol))
            && host.contains('.')
            && host.split('.').all(host_label)
    });
    if well_formed {
        return Ok(text);
    }
    Err(Error::new(
        Code::InvalidEmail,
        format!("`{text}` is not an e-mail address"),
    )
    .with("field", field))
}

/// A search with `*` (any run) and `?` (any one character), in the folded form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<PatternPart>,
}

/// One part of a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternPart {
    /// Exactly this character.
    Literal(char),
    /// Any one character.
    AnyOne,
    /// Any run of characters, also none.
    AnyRun,
}

impl Pattern {
    /// The pattern that a person typed. Without a wildcard it is looked for anywhere.
    ///
    /// # Errors
    /// `text_too_long`, `control_character`.
    pub fn parse(text: &str) -> Result<Option<Self>, Error> {
        let Some(text) = optional("pattern", text, MAX_PATTERN)? else {
            return Ok(None);
        };
        let folded = fold_for_search(&text);
        let anywhere = !folded.contains(['*', '?']);
        let mut parts = Vec::new();
        if anywhere {
            parts.push(PatternPart::AnyRun);
        }
        for symbol in folded.chars() {
            let part = match symbol {
                '*' => PatternPart::AnyRun,
                '?' => PatternPart::AnyOne,
                symbol => PatternPart::Literal(symbol),
            };
            if part != PatternPart::AnyRun || parts.last() != Some(&part) {
                parts.push(part);
            }
        }
        if anywhere {
            parts.push(PatternPart::AnyRun);
        }
        Ok(Some(Self { parts }))
    }

    /// Its parts, for stores that translate it.
    #[must_use]
    pub fn parts(&self) -> &[PatternPart] {
        &self.parts
    }

    /// Whether a text in the folded form matches; time is bounded by pattern × text.
    #[must_use]
    pub fn matches(&self, folded: &str) -> bool {
        // The set of pattern positions that the text so far can have reached.
        let mut reached = vec![false; self.parts.len() + 1];
        reach(&mut reached, &self.parts, 0);
        for symbol in folded.chars() {
            let mut next = vec![false; reached.len()];
            for (position, part) in self.parts.iter().enumerate() {
                if !reached.get(position).copied().unwrap_or(false) {
                    continue;
                }
                match part {
                    PatternPart::AnyRun => reach(&mut next, &self.parts, position),
                    PatternPart::AnyOne => reach(&mut next, &self.parts, position + 1),
                    PatternPart::Literal(literal) if *literal == symbol => {
                        reach(&mut next, &self.parts, position + 1);
                    }
                    PatternPart::Literal(_) => {}
                }
            }
            reached = next;
        }
        reached.last().copied().unwrap_or(false)
    }
}

/// Marks a position, and those behind it that a run of nothing leads to.
fn reach(reached: &mut [bool], parts: &[PatternPart], mut position: usize) {
    loop {
        if let Some(mark) = reached.get_mut(position) {
            *mark = true;
        }
        if parts.get(position) != Some(&PatternPart::AnyRun) {
            return;
        }
        position += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_ignores_case_and_keeps_accents_where_names_are_compared() {
        for (left, right, same, found) in [
            ("Müller", "MÜLLER", true, true),
            ("Müller", "muller", false, true),
            ("Straße", "STRASSE", true, true),
            ("ＡＮＮ", "ann", true, true),
            ("Ökonom", "O\u{308}konom", true, true),
            ("ΣΟΦΟΣ", "σοφος", true, true),
            ("João", "joao", false, true),
            ("abc", "abd", false, false),
            ("葛\u{e0100}城", "葛城", true, true),
            ("ann\u{fe0f}", "ANN", true, true),
        ] {
            assert_eq!(fold(left) == fold(right), same, "{left} {right}");
            assert_eq!(
                fold_for_search(left) == fold_for_search(right),
                found,
                "{left} {right}"
            );
        }
    }

    #[test]
    fn patterns_match_as_people_expect() {
        for (pattern, text, expected) in [
            ("mül", "Hans Müller", true),
            ("mül*", "Hans Müller", false),
            ("*mul*", "Hans Müller", true),
            ("h?ns*", "Hans Müller", true),
            ("h?ns", "Hans Müller", false),
            ("*", "", true),
            ("?", "", false),
            ("**a**", "xax", true),
            ("[a]*", "[a]b", true),
            ("%", "100", false),
        ] {
            let pattern = Pattern::parse(pattern).unwrap().unwrap();
            assert_eq!(
                pattern.matches(&fold_for_search(text)),
                expected,
                "{pattern:?} {text}"
            );
        }
    }

    #[test]
    fn joiners_stand_between_letters_that_join_and_nowhere_else() {
        for (text, is_right) in [
            ("علی\u{200c}رضا", true),
            ("क्\u{200d}ष", true),
            ("श्री\u{200c}राम", true),
            ("ක්\u{200d}ෂ", true),
            ("An\u{200c}n", false),
            ("\u{200c}علی", false),
            ("علی\u{200d}", false),
            ("علی\u{200c}\u{200c}رضا", false),
            ("علی\u{200c} رضا", false),
            ("علی\u{200c}Ann", false),
            ("علی\u{200c}क", false),
            ("علی\u{200b}رضا", false),
        ] {
            assert_eq!(required("name", text, 40).is_ok(), is_right, "{text:?}");
            let refused = without_joiners("name", text, 40).unwrap_err();
            assert_eq!(refused.code(), Code::ControlCharacter, "{text:?}");
        }
        let (with, without) = ("علی\u{200c}رضا", "علیرضا");
        assert_eq!(fold(with), fold(without));
        assert_eq!(fold_for_search(with), fold_for_search(without));
    }

    #[test]
    fn control_and_invisible_characters_are_refused() {
        for wrong in [
            "a\0b",
            "a\nb",
            "a\u{200b}b",
            "a\u{202e}b",
            "a\u{34f}",
            "a\u{61c}",
            "a\u{115f}",
            "\u{3164}",
            "\u{2800}",
            "a\u{e0061}",
            "a\u{e0fff}",
        ] {
            assert_eq!(
                required("name", wrong, 10).unwrap_err().code(),
                Code::ControlCharacter
            );
        }
        for nothing in [" \t ", "\u{a0}", "\u{fe0f}", "\u{e0100}\u{180b}"] {
            assert_eq!(
                required("name", nothing, 10).unwrap_err().code(),
                Code::EmptyText
            );
        }
        assert_eq!(
            required("name", "12345678901", 10).unwrap_err().code(),
            Code::TextTooLong
        );
        assert_eq!(required("name", " é ", 1).unwrap(), "é");
    }

    #[test]
    fn addresses() {
        for good in ["a@b.co", "müller@example.org", "o'brien+x@sub.example.org"] {
            assert!(email("email", good).is_ok(), "{good}");
        }
        for wrong in [
            "a",
            "a@b",
            "@b.co",
            "a b@c.de",
            "Ann <a@b.co>",
            "a@b..co",
            "a@-b.co",
            "a@b@c.de",
        ] {
            assert!(email("email", wrong).is_err(), "{wrong}");
        }
    }
}
