//! One line of a CUPS page log in CUPS's default format.
//!
//! ```text
//! printer user job-id [date] total pages billing host job-name media sides
//! printer user job-id [date] page-number copies billing host job-name media sides
//! ```
//!
//! Fields are parted by one space each. The job name is the only field that may hold spaces, so
//! what stands before it is read from the left and what follows it from the right; whatever is
//! between them is the name, even if it is empty, or looks like other fields.

use std::fmt;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use tympan::core::text::{MAX_SHORT, is_unprintable};
use tympan::limits::MAX_COUNT;

use crate::text::Shown;

/// CUPS counts jobs and pages in signed 32 bits.
const NUMBER_MAX: u32 = i32::MAX.unsigned_abs();

/// A line outside these years comes from a broken clock. As the clock of the import never goes
/// back, one such line would otherwise decide all that follow it in a far future.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2099;

/// A well-formed line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageLine<'a> {
    /// The queue.
    pub printer: &'a str,
    /// Who printed, as the client says.
    pub user: &'a str,
    /// The server's number of the job; starts again after a reinstall.
    pub job_id: u32,
    /// When the line was written, to the second.
    pub at: DateTime<Utc>,
    /// What was printed.
    pub count: Count,
    /// The billing code, `-` if there is none.
    pub billing: &'a str,
    /// The computer that sent the job.
    pub host: &'a str,
    /// What the job is called: anything, or nothing.
    pub name: &'a str,
    /// The paper.
    pub media: &'a str,
    /// `one-sided`, `two-sided-long-edge`, `two-sided-short-edge`, or `-`.
    pub sides: &'a str,
}

/// What a line counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// A whole job.
    Total {
        /// Its pages, all copies included.
        pages: u32,
    },
    /// One page of a job, as older servers write it.
    Page {
        /// Which page.
        number: u32,
        /// How often it was printed.
        copies: u32,
    },
}

/// A part of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    Printer,
    User,
    JobId,
    Date,
    PageNumber,
    Pages,
    Billing,
    Host,
    JobName,
    Media,
    Sides,
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Printer => "printer",
            Self::User => "user",
            Self::JobId => "job id",
            Self::Date => "date",
            Self::PageNumber => "page number",
            Self::Pages => "number of pages",
            Self::Billing => "billing code",
            Self::Host => "host",
            Self::JobName => "job name",
            Self::Media => "media",
            Self::Sides => "sides",
        })
    }
}

/// What is wrong with a line. The first fault from the left counts, and from the right for the
/// fields after the job name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// The line ends before it.
    #[error("the {0} is missing")]
    Missing(Field),
    /// Two spaces follow one another, or a space starts or ends the line.
    #[error("the {0} is empty")]
    Empty(Field),
    /// Something else than decimal digits.
    #[error("the {field} `{}` is not a whole number", Shown(value))]
    NotANumber {
        /// Which.
        field: Field,
        /// What stands there.
        value: String,
    },
    /// More than CUPS can count.
    #[error("the {field} `{}` is too large", Shown(value))]
    TooLarge {
        /// Which.
        field: Field,
        /// What stands there.
        value: String,
    },
    /// Not of the form `[01/Sep/2026:14:31:56 +0000]`, or no such day or time.
    #[error("the date `{}` is not of the form `[01/Sep/2026:14:31:56 +0000]`", Shown(.0))]
    Date(String),
    /// CUPS gives no queue such a name, and no price list could name it.
    #[error("the printer `{}` is longer than {MAX_SHORT} characters or holds one that cannot be seen", Shown(.0))]
    Printer(String),
    /// A day that no page log is from.
    #[error("the year of the date `{}` is not between 1970 and 2099", Shown(.0))]
    Year(String),
}

impl<'a> PageLine<'a> {
    /// Reads a line without its line end.
    pub fn parse(line: &'a str) -> Result<Self, Malformed> {
        let mut left = Left(Some(line));
        let printer = left.word(Field::Printer)?;
        if printer.chars().nth(MAX_SHORT).is_some() || printer.contains(is_unprintable) {
            return Err(Malformed::Printer(printer.to_owned()));
        }
        let user = left.word(Field::User)?;
        let job_id = whole(left.word(Field::JobId)?, Field::JobId)?;
        let at = left.date()?;
        let kind = left.word(Field::PageNumber)?;
        // More than a job can have is a broken counter.
        let pages = |word: &str| match whole(word, Field::Pages) {
            Ok(pages) if i64::from(pages) > MAX_COUNT => Err(Malformed::TooLarge {
                field: Field::Pages,
                value: word.to_owned(),
            }),
            pages => pages,
        };
        let count = if kind == "total" {
            Count::Total {
                pages: pages(left.word(Field::Pages)?)?,
            }
        } else {
            let number = whole(kind, Field::PageNumber)?;
            Count::Page {
                number,
                copies: pages(left.word(Field::Pages)?)?,
            }
        };
        let billing = left.word(Field::Billing)?;
        let host = left.word(Field::Host)?;
        let rest = left.0.ok_or(Malformed::Missing(Field::JobName))?;
        let (rest, sides) = rest
            .rsplit_once(' ')
            .ok_or(Malformed::Missing(Field::Sides))?;
        let (name, media) = rest
            .rsplit_once(' ')
            .ok_or(Malformed::Missing(Field::Media))?;
        for (word, field) in [(sides, Field::Sides), (media, Field::Media)] {
            if word.is_empty() {
                return Err(Malformed::Empty(field));
            }
        }
        Ok(Self {
            printer,
            user,
            job_id,
            at,
            count,
            billing,
            host,
            name,
            media,
            sides,
        })
    }

    /// Whether paper was printed on both sides.
    pub fn two_sided(&self) -> bool {
        self.sides.starts_with("two-sided")
    }
}

/// What is left of a line that is read from the left; nothing once its last word was taken.
struct Left<'a>(Option<&'a str>);

impl<'a> Left<'a> {
    fn word(&mut self, field: Field) -> Result<&'a str, Malformed> {
        let rest = self.0.ok_or(Malformed::Missing(field))?;
        let (word, rest) = match rest.split_once(' ') {
            Some((word, rest)) => (word, Some(rest)),
            None => (rest, None),
        };
        if word.is_empty() {
            return Err(Malformed::Empty(field));
        }
        self.0 = rest;
        Ok(word)
    }

    /// The date is the one word with a space in it, and its brackets say where it ends.
    fn date(&mut self) -> Result<DateTime<Utc>, Malformed> {
        let rest = self.0.ok_or(Malformed::Missing(Field::Date))?;
        let wrong = || Malformed::Date(rest.split_inclusive(']').next().unwrap_or(rest).to_owned());
        let (inside, after) = rest
            .strip_prefix('[')
            .and_then(|rest| rest.split_once(']'))
            .ok_or_else(wrong)?;
        let (at, year) = date(inside).ok_or_else(wrong)?;
        if !YEARS.contains(&year) {
            return Err(Malformed::Year(inside.to_owned()));
        }
        self.0 = match after.strip_prefix(' ') {
            Some(rest) => Some(rest),
            None if after.is_empty() => None,
            None => return Err(wrong()),
        };
        Ok(at)
    }
}

/// The instant, and the year as it is written, of `01/Sep/2026:14:31:56 +0000`: every part with
/// all its digits.
fn date(text: &str) -> Option<(DateTime<Utc>, i32)> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let form = "00/Mon/0000:00:00:00 +0000";
    let fits = |(got, want): (u8, u8)| match want {
        b'0' => got.is_ascii_digit(),
        b'+' => matches!(got, b'+' | b'-'),
        b'/' | b':' | b' ' => got == want,
        _ => got.is_ascii_alphabetic(),
    };
    if text.len() != form.len() || !text.bytes().zip(form.bytes()).all(fits) {
        return None;
    }
    let number = |range: std::ops::Range<usize>| text.get(range)?.parse::<u32>().ok();
    let name = text.get(3..6)?;
    let month = MONTHS.iter().zip(1..).find(|(month, _)| **month == name)?.1;
    let year = i32::try_from(number(7..11)?).ok()?;
    let day = NaiveDate::from_ymd_opt(year, month, number(0..2)?)?;
    let local = day.and_hms_opt(number(12..14)?, number(15..17)?, number(18..20)?)?;
    let (hours, minutes) = (number(22..24)?, number(24..26)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    let east = TimeDelta::minutes(i64::from(hours * 60 + minutes));
    let east = if text.get(21..22)? == "-" {
        -east
    } else {
        east
    };
    Some((local.checked_sub_signed(east)?.and_utc(), year))
}

fn whole(word: &str, field: Field) -> Result<u32, Malformed> {
    if !word.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Malformed::NotANumber {
            field,
            value: word.to_owned(),
        });
    }
    match word.parse() {
        Ok(number) if number <= NUMBER_MAX => Ok(number),
        _ => Err(Malformed::TooLarge {
            field,
            value: word.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instant(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_total_and_a_page() {
        let line = "mfp-2 ann 1 [01/Sep/2026:14:31:56 +0000] total 5 4711 pc7 menu.pdf A4 two-sided-long-edge";
        let total = PageLine::parse(line).unwrap();
        let expected = PageLine {
            printer: "mfp-2",
            user: "ann",
            job_id: 1,
            at: instant("2026-09-01T14:31:56Z"),
            count: Count::Total { pages: 5 },
            billing: "4711",
            host: "pc7",
            name: "menu.pdf",
            media: "A4",
            sides: "two-sided-long-edge",
        };
        assert_eq!(total, expected);
        assert!(total.two_sided());
        let page = PageLine::parse("p u 1 [01/Sep/2026:14:31:56 +0000] 3 2 - h n - -").unwrap();
        assert_eq!(
            page.count,
            Count::Page {
                number: 3,
                copies: 2
            }
        );
        assert!(!page.two_sided());
    }

    #[test]
    fn hostile_names_are_names() {
        for name in [
            "",
            " ",
            "  two  spaces  ",
            "foo total 5",
            "a [01/Sep/2026:14:31:56 +0000] total 9 - h b A4 two-sided-long-edge",
            "\"quoted\" 'and' `so on`",
            "][",
            "A4 -",
            "tab\there",
            "Besprechung – Ü\u{2028}x\u{85}\u{a0}\u{202e}",
            "\r",
        ] {
            let line = format!("p u 7 [01/Sep/2026:14:31:56 +0000] total 5 - h {name} A4 -");
            let parsed = PageLine::parse(&line).unwrap();
            assert_eq!((parsed.name, parsed.media, parsed.sides), (name, "A4", "-"));
        }
    }

    #[test]
    fn dates_in_any_zone() {
        for (text, expected) in [
            ("01/Sep/2026:14:31:56 +0000", "2026-09-01T14:31:56Z"),
            ("01/Sep/2026:14:31:56 -0000", "2026-09-01T14:31:56Z"),
            ("01/Sep/2026:01:00:00 +0200", "2026-08-31T23:00:00Z"),
            ("31/Dec/2026:23:00:00 -0530", "2027-01-01T04:30:00Z"),
            ("29/Feb/2028:00:00:00 +2359", "2028-02-28T00:01:00Z"),
        ] {
            assert_eq!(
                date(text).map(|(at, _)| at),
                Some(instant(expected)),
                "{text}"
            );
        }
        for text in [
            "",
            "1/Sep/2026:14:31:56 +0000",
            "01/sep/2026:14:31:56 +0000",
            "01/Foo/2026:14:31:56 +0000",
            "31/Sep/2026:14:31:56 +0000",
            "29/Feb/2026:14:31:56 +0000",
            "00/Sep/2026:14:31:56 +0000",
            "01/Sep/2026:24:00:00 +0000",
            "01/Sep/2026:23:59:60 +0000",
            "01/Sep/2026:14:31:56 +2400",
            "01/Sep/2026:14:31:56 +0060",
            "01/Sep/2026:14:31:56 +00:00",
            "01/Sep/2026:14:31:56 0000",
            "01/Sep/2026:14:31:56  0000",
            "01/Sep/2026 14:31:56 +0000",
            "+1/Sep/2026:14:31:56 +0000",
            "01/Sep/2026:14:31:56 +0000 ",
            "01/Sép/2026:14:31:56 +000",
            "2026-09-01T14:31:56Z",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_fault_is_named() {
        use Field::*;
        let number = |field, value: &str| Malformed::NotANumber {
            field,
            value: value.into(),
        };
        for (line, expected) in [
            ("garbage", Malformed::Missing(User)),
            (" p u 1", Malformed::Empty(Printer)),
            ("p  1", Malformed::Empty(User)),
            ("p\u{7f} u 1", Malformed::Printer("p\u{7f}".into())),
            ("p\u{202e} u 1", Malformed::Printer("p\u{202e}".into())),
            (
                format!("{} u 1", "p".repeat(201)).as_str(),
                Malformed::Printer("p".repeat(201)),
            ),
            ("p u", Malformed::Missing(JobId)),
            ("p u v w 1 [01/Sep/2026:14:31:56 +0000]", number(JobId, "v")),
            ("p u +1 x", number(JobId, "+1")),
            ("p u -1 x", number(JobId, "-1")),
            ("p u ١ x", number(JobId, "١")),
            (
                "p u 2147483648 x",
                Malformed::TooLarge {
                    field: JobId,
                    value: "2147483648".into(),
                },
            ),
            (
                "p u 99999999999999999999 x",
                Malformed::TooLarge {
                    field: JobId,
                    value: "99999999999999999999".into(),
                },
            ),
            ("p u 1", Malformed::Missing(Date)),
            (
                "p u 1 yesterday total 1 - h n A4 -",
                Malformed::Date("yesterday total 1 - h n A4 -".into()),
            ),
            (
                "p u 1 [x] total 1 - h n A4 -",
                Malformed::Date("[x]".into()),
            ),
            (
                "p u 1 [01/Sep/1969:14:31:56 +0000] x",
                Malformed::Year("01/Sep/1969:14:31:56 +0000".into()),
            ),
            (
                "p u 1 [01/Sep/2026:14:31:56 +0000]total 1 - h n A4 -",
                Malformed::Date("[01/Sep/2026:14:31:56 +0000]".into()),
            ),
            (
                "p u 1 [01/Sep/2026:14:31:56 +0000]",
                Malformed::Missing(PageNumber),
            ),
            (
                "p u 1 [01/Sep/2026:14:31:56 +0000] Total 1",
                number(PageNumber, "Total"),
            ),
            (
                "p u 1 [01/Sep/2026:14:31:56 +0000] total",
                Malformed::Missing(Pages),
            ),
            (
                "p u 1 [01/Sep/2026:14:31:56 +0000] total -3 - h",
                number(Pages, "-3"),
            ),
            (
                "p u 1 [01/Sep/2026:14:31:56 +0000] total 1000000001 - h n A4 -",
                Malformed::TooLarge {
                    field: Pages,
                    value: "1000000001".into(),
                },
            ),
            (
                "p u 1 [01/Sep/2026:14:31:56 +0000] total 1",
                Malformed::Missing(Billing),
            ),
            (
                "p u 1 [01/Sep/2026:14:31:56 +0000] total 1 - ",
                Malformed::Empty(Host),
            ),
            (
                "p u 1 [01/Sep/2026:14:31:56 +0000] total 1 - h",
                Malformed::Missing(JobName),
            ),
            (
                "p u 1 [01/Sep/2026:14:31:56 +0000] total 1 - h n",
                Malformed::Missing(Sides),
            ),
            (
                "p u 1 [01/Sep/2026:14:31:56 +0000] total 1 - h A4 -",
                Malformed::Missing(Media),
            ),
            (
                "p u 1 [01/Sep/2026:14:31:56 +0000] total 1 - h n A4 ",
                Malformed::Empty(Sides),
            ),
            (
                "p u 1 [01/Sep/2026:14:31:56 +0000] total 1 - h n  -",
                Malformed::Empty(Media),
            ),
        ] {
            assert_eq!(PageLine::parse(line), Err(expected), "{line}");
        }
    }

    #[test]
    fn messages_do_not_steer_the_terminal() {
        let reason = PageLine::parse("p u \x1b[2J x").unwrap_err();
        assert_eq!(
            reason.to_string(),
            "the job id `\\u{1b}[2J` is not a whole number"
        );
    }

    fn word() -> impl Strategy<Value = String> {
        "[^ \n\r]{1,12}"
    }

    fn printer() -> impl Strategy<Value = String> {
        word().prop_filter("it can be seen", |word| !word.contains(is_unprintable))
    }

    const PAGES_MAX: u32 = 1_000_000_000;

    proptest! {
        #[test]
        fn no_text_panics(text in "[^\n]*") {
            let _ = PageLine::parse(&text);
        }

        #[test]
        fn no_near_miss_panics(cut in 0_usize..90, text in "[^\n]{0,4}") {
            let line = "mfp ann 12 [01/Sep/2026:14:31:56 +0000] total 5 - localhost menu é.pdf A4 -";
            let cut = (0..=cut.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap();
            let (head, tail) = line.split_at(cut);
            let _ = PageLine::parse(&format!("{head}{text}{tail}"));
            let _ = PageLine::parse(&format!("{head}{text}"));
            let _ = PageLine::parse(&format!("{text}{tail}"));
        }

        #[test]
        fn well_formed_lines_read_back(
            (printer, user, billing, host, media, sides) in (printer(), word(), word(), word(), word(), word()),
            name in "[^\n]*",
            job_id in 0..=NUMBER_MAX,
            pages in 0..=PAGES_MAX,
            number in proptest::option::of(0..=NUMBER_MAX),
            seconds in 86_400_i64..4_000_000_000,
            east in -1439_i32..=1439,
        ) {
            let at = DateTime::from_timestamp(seconds, 0).unwrap();
            let zone = chrono::FixedOffset::east_opt(east * 60).unwrap();
            let date = at.with_timezone(&zone).format("%d/%b/%Y:%H:%M:%S %z").to_string();
            let kind = number.map_or("total".to_owned(), |number| number.to_string());
            let count = match number {
                Some(number) => Count::Page { number, copies: pages },
                None => Count::Total { pages },
            };
            let line = format!(
                "{printer} {user} {job_id} [{date}] {kind} {pages} {billing} {host} {name} {media} {sides}"
            );
            let expected = PageLine {
                printer: &printer, user: &user, job_id, at, count,
                billing: &billing, host: &host, name: &name, media: &media, sides: &sides,
            };
            prop_assert_eq!(PageLine::parse(&line), Ok(expected));
        }
    }
}
