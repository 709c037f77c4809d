//! From the lines of a page log to jobs, in the order in which they are charged.
//!
//! A *total* line is a job. Page lines that agree in everything CUPS says of a job (printer, job
//! id, user, billing code, host, name, media, sides) are one job, wherever they stand in the log,
//! charged where its last line stands. Three things can look alike then:
//!
//! - *the log has a stretch twice*: a page that was seen at the same second counts once;
//! - *a job of several files* counts the pages of each file from one: a page number that the job
//!   has already belongs to it if it comes within [`NEXT_FILE_WITHIN`] of the line before;
//! - *the server was installed anew* and gives the same ids again: after that time, a page number
//!   that the job has already starts another job.
//!
//! A job is known by its printer, its id, and the time of its last line. A job seen again is not
//! charged again; if it then says something else, that is reported.
//!
//! The clock is the log's and never goes back: a line older than one before it is decided at the
//! later time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

use crate::page_log::{Count, Malformed, PageLine};
use crate::text::{self, BadLine, Shown};

/// Between two files of one job lies a filter's work; between two installations lie days.
const NEXT_FILE_WITHIN: TimeDelta = TimeDelta::hours(1);

/// The most bytes a key may have.
const KEY_MAX_BYTES: usize = 200;

/// A job as it is charged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job<'a> {
    /// The queue.
    pub printer: &'a str,
    /// The server's number of the job.
    pub job_id: u32,
    /// The time of its last line, as the log has it. Part of the key.
    pub at: DateTime<Utc>,
    /// The time it is charged at: `at`, or the latest time of any line before.
    pub decided_at: DateTime<Utc>,
    /// Who printed it.
    pub user: &'a str,
    /// All pages, all copies.
    pub pages: i64,
    /// Whether paper was printed on both sides.
    pub two_sided: bool,
    /// As the log has it.
    pub sides: &'a str,
    /// The billing code, `-` if there is none.
    pub billing: &'a str,
    /// The computer that sent it.
    pub host: &'a str,
    /// What it is called.
    pub name: &'a str,
    /// The paper.
    pub media: &'a str,
    /// The number of its first line in the log.
    pub first_line: usize,
    /// The number of its last line in the log.
    pub last_line: usize,
}

impl Job<'_> {
    /// The idempotency key: printer, job id and time, at most 200 bytes. No two jobs share one,
    /// because the numbers, which hold no spaces, come first.
    pub fn key(&self) -> String {
        let key = format!(
            "cups {} {} {}",
            self.job_id,
            self.at.timestamp(),
            self.printer
        );
        if key.len() <= KEY_MAX_BYTES {
            return key;
        }
        let digest: String = Sha256::digest(key.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("cups {digest}")
    }
}

/// A job, or a page of one, that the log has had already. It is not charged again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeat<'a> {
    /// The queue.
    pub printer: &'a str,
    /// The server's number of the job.
    pub job_id: u32,
    /// Where it is seen again.
    pub line: usize,
    /// Where it was seen first: what that line says was charged.
    pub first_line: usize,
    /// What it says otherwise now; all false for a mere repeat.
    pub differs: Differs,
}

/// Which parts of a repeat are not as they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Differs {
    /// Another user.
    pub user: bool,
    /// Another number of pages.
    pub pages: bool,
    /// Other sides.
    pub sides: bool,
}

impl Differs {
    /// Whether the two contradict each other.
    pub fn any(self) -> bool {
        self != Self::default()
    }
}

impl fmt::Display for Repeat<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            job_id,
            first_line,
            differs,
            ..
        } = self;
        write!(
            f,
            "job {job_id} on `{}` was on line {first_line} already",
            Shown(self.printer)
        )?;
        let parts = [
            (differs.user, "another user"),
            (differs.pages, "another number of pages"),
            (differs.sides, "other sides"),
        ];
        let mut word = ", with";
        for (_, part) in parts.iter().filter(|(differs, _)| *differs) {
            write!(f, "{word} {part}")?;
            word = " and";
        }
        f.write_str("; it is not charged again")
    }
}

/// A whole log.
#[derive(Debug, Default)]
pub struct Replay<'a> {
    /// The jobs in the order in which they are charged, each once.
    pub jobs: Vec<Job<'a>>,
    /// Jobs and pages seen again, in the order of their lines.
    pub repeats: Vec<Repeat<'a>>,
    /// Lines left out.
    pub malformed: Vec<BadLine<Malformed>>,
    /// The time of the first well-formed line; none if there is no such line.
    pub starts_at: Option<DateTime<Utc>>,
    /// The latest time of any well-formed line.
    pub ends_at: Option<DateTime<Utc>>,
}

impl<'a> Replay<'a> {
    /// Reads a log whole: which line is the last of its job is known only at the end.
    pub fn read(log: &'a str) -> Self {
        let mut replay = Self::default();
        let mut gathering = Gathering::default();
        for (number, line) in text::lines(log) {
            match PageLine::parse(line) {
                Ok(line) => {
                    replay.starts_at.get_or_insert(line.at);
                    let clock = replay.ends_at.map_or(line.at, |clock| clock.max(line.at));
                    replay.ends_at = Some(clock);
                    replay.repeats.extend(gathering.add(&line, number, clock));
                }
                Err(reason) => replay.malformed.push(BadLine {
                    line: number,
                    reason,
                }),
            }
        }
        replay.keep_first_of_each_key(gathering.in_order());
        replay
    }

    fn keep_first_of_each_key(&mut self, jobs: Vec<Job<'a>>) {
        let mut seen = BTreeMap::new();
        for job in jobs {
            let content = (job.user, job.pages, job.sides, job.last_line);
            let key = (job.printer, job.job_id, job.at);
            let Some((user, pages, sides, first_line)) = seen.get(&key).copied() else {
                seen.insert(key, content);
                self.jobs.push(job);
                continue;
            };
            self.repeats.push(Repeat {
                printer: job.printer,
                job_id: job.job_id,
                line: job.last_line,
                first_line,
                differs: Differs {
                    user: user != job.user,
                    pages: pages != job.pages,
                    sides: sides != job.sides,
                },
            });
        }
        self.repeats.sort_by_key(|repeat| repeat.line);
    }
}

/// What all page lines of a job have in common.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Ticket<'a> {
    printer: &'a str,
    job_id: u32,
    user: &'a str,
    billing: &'a str,
    host: &'a str,
    name: &'a str,
    media: &'a str,
    sides: &'a str,
}

/// Jobs while their lines are being read.
#[derive(Default)]
struct Gathering<'a> {
    /// Complete, and replaced by later jobs with the same ticket.
    closed: Vec<Job<'a>>,
    /// The latest job of each ticket, with the page numbers it has.
    open: BTreeMap<Ticket<'a>, (Job<'a>, BTreeSet<u32>)>,
    /// Every page seen: its line and copies.
    pages: BTreeMap<(Ticket<'a>, u32, DateTime<Utc>), (usize, u32)>,
}

impl<'a> Gathering<'a> {
    fn add(
        &mut self,
        line: &PageLine<'a>,
        line_number: usize,
        clock: DateTime<Utc>,
    ) -> Option<Repeat<'a>> {
        let (number, copies) = match line.count {
            Count::Total { pages } => {
                self.closed.push(job(line, pages, line_number, clock));
                return None;
            }
            Count::Page { number, copies } => (number, copies),
        };
        let ticket = Ticket {
            printer: line.printer,
            job_id: line.job_id,
            user: line.user,
            billing: line.billing,
            host: line.host,
            name: line.name,
            media: line.media,
            sides: line.sides,
        };
        if let Some((first_line, first_copies)) = self.pages.get(&(ticket, number, line.at)) {
            return Some(Repeat {
                printer: line.printer,
                job_id: line.job_id,
                line: line_number,
                first_line: *first_line,
                differs: Differs {
                    pages: copies != *first_copies,
                    ..Differs::default()
                },
            });
        }
        self.pages
            .insert((ticket, number, line.at), (line_number, copies));
        if let Some((open, numbers)) = self.open.get_mut(&ticket) {
            let is_new = numbers.insert(number);
            if is_new || (line.at - open.at).abs() <= NEXT_FILE_WITHIN {
                open.pages = open.pages.saturating_add(i64::from(copies));
                open.at = line.at;
                open.decided_at = clock;
                open.last_line = line_number;
                return None;
            }
        }
        let fresh = (
            job(line, copies, line_number, clock),
            BTreeSet::from([number]),
        );
        self.closed
            .extend(self.open.insert(ticket, fresh).map(|(job, _)| job));
        None
    }

    fn in_order(self) -> Vec<Job<'a>> {
        let mut jobs = self.closed;
        jobs.extend(self.open.into_values().map(|(job, _)| job));
        jobs.sort_by_key(|job| job.last_line);
        jobs
    }
}

fn job<'a>(line: &PageLine<'a>, pages: u32, number: usize, clock: DateTime<Utc>) -> Job<'a> {
    Job {
        printer: line.printer,
        job_id: line.job_id,
        at: line.at,
        decided_at: clock,
        user: line.user,
        pages: i64::from(pages),
        two_sided: line.two_sided(),
        sides: line.sides,
        billing: line.billing,
        host: line.host,
        name: line.name,
        media: line.media,
        first_line: number,
        last_line: number,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `"user id HH:MM:SS count"` on a fixed printer and day; `+N` before the time adds days.
    fn log(lines: &[&str]) -> String {
        lines
            .iter()
            .map(|line| {
                let words: Vec<_> = line.split(' ').collect();
                let [user, id, time, kind, pages, ..] = words.as_slice() else {
                    return format!("{line}\n");
                };
                let (day, time) = time.split_once('+').unwrap_or(("1", time));
                let sides = words.get(5).unwrap_or(&"-");
                format!("p {user} {id} [{day:0>2}/Sep/2026:{time} +0000] {kind} {pages} - h n A4 {sides}\n")
            })
            .collect()
    }

    /// `user id pages first-last` of each job.
    fn brief(replay: &Replay<'_>) -> Vec<String> {
        let show = |job: &Job<'_>| {
            format!(
                "{} {} {} {}-{}",
                job.user, job.job_id, job.pages, job.first_line, job.last_line
            )
        };
        replay.jobs.iter().map(show).collect()
    }

    #[track_caller]
    fn check(lines: &[&str], jobs: &[&str], repeats: &[(usize, usize, bool)]) {
        let log = log(lines);
        let replay = Replay::read(&log);
        assert_eq!(brief(&replay), jobs);
        let got: Vec<_> = replay
            .repeats
            .iter()
            .map(|r| (r.line, r.first_line, r.differs.any()))
            .collect();
        assert_eq!(got, repeats);
    }

    #[test]
    fn totals_are_jobs_in_order() {
        check(
            &[
                "a 1 10:00:00 total 5",
                "",
                "b 2 10:00:01 total 0",
                "a 3 10:00:02 total 7",
            ],
            &["a 1 5 1-1", "b 2 0 3-3", "a 3 7 4-4"],
            &[],
        );
    }

    #[test]
    fn page_lines_interleave_and_a_job_stands_at_its_last() {
        check(
            &[
                "a 1 10:00:00 1 1",
                "b 2 10:00:00 1 2",
                "a 1 10:00:01 2 1",
                "c 3 10:00:01 total 9",
                "b 2 10:00:02 2 2",
                "a 1 10:00:09 3 4",
            ],
            &["c 3 9 4-4", "b 2 4 2-5", "a 1 6 1-6"],
            &[],
        );
    }

    #[test]
    fn a_job_seen_again_counts_once_and_says_what_changed() {
        check(
            &[
                "a 1 10:00:00 total 5",
                "a 1 10:00:00 total 5",
                "a 1 10:00:00 total 6",
                "b 1 10:00:00 total 5",
                "a 1 10:00:00 total 5 two-sided-long-edge",
                "a 1 10:00:01 total 5",
            ],
            &["a 1 5 1-1", "a 1 5 6-6"],
            &[(2, 1, false), (3, 1, true), (4, 1, true), (5, 1, true)],
        );
    }

    #[test]
    fn the_same_instant_in_another_zone_is_the_same_key() {
        let log = "p a 1 [01/Sep/2026:10:00:00 +0000] total 5 - h n A4 -\n\
                   p a 1 [01/Sep/2026:12:00:00 +0200] total 5 - h n A4 -\n";
        let replay = Replay::read(log);
        assert_eq!((replay.jobs.len(), replay.repeats.len()), (1, 1));
    }

    #[test]
    fn a_stretch_twice_counts_once() {
        check(
            &[
                "a 1 10:00:00 1 1",
                "a 1 10:00:00 2 1",
                "a 1 10:00:00 1 1",
                "a 1 10:00:00 2 1",
                "a 1 10:00:05 3 1",
                "a 1 10:00:00 2 3",
            ],
            &["a 1 3 1-5"],
            &[(3, 1, false), (4, 2, false), (6, 2, true)],
        );
    }

    #[test]
    fn several_files_are_one_job() {
        check(
            &[
                "a 1 10:00:00 1 1",
                "a 1 10:00:00 2 1",
                "a 1 10:00:30 1 1",
                "a 1 11:00:30 1 1",
            ],
            &["a 1 4 1-4"],
            &[],
        );
    }

    #[test]
    fn a_reinstall_starts_another_job() {
        check(
            &[
                "a 1 10:00:00 1 1",
                "a 1 10:00:01 2 1",
                "a 1 2+10:00:00 1 1",
                "a 1 2+10:00:01 2 1",
                "a 1 2+10:00:02 3 1",
                "b 1 2+10:00:03 4 1",
            ],
            &["a 1 2 1-2", "a 1 3 3-5", "b 1 1 6-6"],
            &[],
        );
    }

    #[test]
    fn out_of_paper_for_days_is_still_one_job() {
        check(
            &["a 1 10:00:00 1 1", "a 1 4+09:00:00 2 1"],
            &["a 1 2 1-2"],
            &[],
        );
    }

    #[test]
    fn page_lines_and_a_total_with_one_key_are_one_job() {
        check(
            &[
                "a 1 10:00:00 1 1",
                "a 1 10:00:01 2 1",
                "a 1 10:00:01 total 2",
            ],
            &["a 1 2 1-2"],
            &[(3, 2, false)],
        );
    }

    #[test]
    fn another_user_with_the_same_pages_is_told_apart() {
        check(
            &[
                "a 1 10:00:00 1 1",
                "a 1 10:00:01 2 1",
                "b 1 10:00:00 1 1",
                "b 1 10:00:01 2 1",
            ],
            &["a 1 2 1-2"],
            &[(4, 2, true)],
        );
    }

    #[test]
    fn the_clock_never_goes_back() {
        let log = log(&[
            "a 1 10:00:00 total 1",
            "garbage",
            "a 2 2+10:00:00 1 1",
            "a 3 09:00:00 total 1",
            "a 2 2+09:59:59 2 1",
            "a 4 3+10:00:00 total 1",
            "a 4 3+10:00:00 total 1",
            "a 5 2+10:00:00 total 1",
        ]);
        let replay = Replay::read(&log);
        let got: Vec<_> = replay
            .jobs
            .iter()
            .map(|job| (job.job_id, job.at.to_string(), job.decided_at.to_string()))
            .collect();
        let expected = [
            (1, "2026-09-01 10:00:00 UTC", "2026-09-01 10:00:00 UTC"),
            (3, "2026-09-01 09:00:00 UTC", "2026-09-02 10:00:00 UTC"),
            (2, "2026-09-02 09:59:59 UTC", "2026-09-02 10:00:00 UTC"),
            (4, "2026-09-03 10:00:00 UTC", "2026-09-03 10:00:00 UTC"),
            (5, "2026-09-02 10:00:00 UTC", "2026-09-03 10:00:00 UTC"),
        ];
        let expected = expected.map(|(id, at, decided)| (id, at.to_owned(), decided.to_owned()));
        assert_eq!(got, expected);
        assert_eq!(
            replay.starts_at.unwrap().to_string(),
            "2026-09-01 10:00:00 UTC"
        );
        assert_eq!(
            replay.ends_at.unwrap().to_string(),
            "2026-09-03 10:00:00 UTC"
        );
        assert_eq!(
            replay
                .malformed
                .iter()
                .map(|bad| bad.line)
                .collect::<Vec<_>>(),
            [2]
        );
    }

    #[test]
    fn keys_are_short_and_distinct() {
        let text = log(&["a 1 10:00:00 total 1"]);
        let job = Replay::read(&text).jobs.remove(0);
        assert_eq!(job.key(), "cups 1 1788256800 p");
        let printer = "ü".repeat(500);
        assert!(
            Job {
                printer: &printer,
                ..job.clone()
            }
            .key()
            .len()
                <= KEY_MAX_BYTES
        );
        assert_ne!(
            Job {
                printer: &printer,
                ..job.clone()
            }
            .key(),
            job.key()
        );
    }

    #[test]
    fn a_repeat_is_told_in_words() {
        let differs = Differs {
            user: true,
            pages: true,
            sides: false,
        };
        let repeat = Repeat {
            printer: "p",
            job_id: 7,
            line: 9,
            first_line: 2,
            differs,
        };
        assert_eq!(
            repeat.to_string(),
            "job 7 on `p` was on line 2 already, with another user and another number of pages; \
             it is not charged again"
        );
    }

    proptest::proptest! {
        /// Reading a log and itself again finds the same jobs.
        #[test]
        fn twice_is_once(lines in proptest::collection::vec((0..3_u8, 1..3_u8, 0..40_u8, 0..4_u8, 0..3_u8), 0..20)) {
            let once: String = lines
                .iter()
                .map(|(user, id, second, kind, pages)| {
                    let kind = if *kind == 0 { "total".to_owned() } else { kind.to_string() };
                    format!("p u{user} {id} [01/Sep/2026:10:00:{second:02} +0000] {kind} {pages} - h n A4 -\n")
                })
                .collect();
            let twice = format!("{once}{once}");
            let (once, twice) = (Replay::read(&once), Replay::read(&twice));
            assert_eq!(once.jobs, twice.jobs);
        }
    }
}
