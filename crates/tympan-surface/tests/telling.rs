//! What is told goes to a log that asks for it, line by line, as far as it wants to know.

#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use std::sync::Mutex;

use log::{LevelFilter, Log, Metadata, Record};
use tympan_surface::{FirstAdministrator, OpenOptions, Tympan, tell};

/// Keeps what it is told.
struct Kept(Mutex<Vec<String>>);

static KEPT: Kept = Kept(Mutex::new(Vec::new()));

impl Log for Kept {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "tympan"
    }
    fn log(&self, record: &Record<'_>) {
        let line = format!("{} {}", record.level(), record.args());
        self.0.lock().unwrap().push(line);
    }
    fn flush(&self) {}
}

fn make() {
    let shop = Tympan::open("memory:".into(), OpenOptions::default());
    let shop = shop.wait().unwrap();
    let options = FirstAdministrator::default();
    let made = shop.bootstrap("Shop".into(), "EUR".into(), "Ada".into(), options);
    made.wait().unwrap();
}

#[test]
fn a_log_gets_the_lines_that_it_wants() {
    log::set_logger(&KEPT).unwrap();
    log::set_max_level(LevelFilter::Debug);
    make();
    assert!(KEPT.0.lock().unwrap().is_empty());
    assert!(tell());
    assert!(!tell(), "the first one stays");
    make();
    let told = KEPT.0.lock().unwrap();
    let [batch] = told.as_slice() else {
        unreachable!("one batch, and nobody asked for its commands: {told:?}")
    };
    assert!(batch.starts_with("DEBUG batch code=ok commands=1 refused=0 conflicts=0 micros="));
}
