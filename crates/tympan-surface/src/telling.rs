//! What the engine tells of itself, handed on to the crate `log` as lines of text: for languages that
//! have a log of their own.

use std::fmt::{Debug, Write};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber, subscriber};

/// What it is told under.
const TARGET: &str = "tympan";

/// From now on what tympan tells goes to `log`, under the target `tympan`, for as long as the process
/// lives. False, and nothing changes, where somebody subscribed before.
pub fn tell() -> bool {
    subscriber::set_global_default(Teller).is_ok()
}

struct Teller;

impl Subscriber for Teller {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        Interest::sometimes()
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET && log::log_enabled!(target: TARGET, level(metadata))
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let Line { message, fields } = line;
        log::log!(target: TARGET, level(event.metadata()), "{message}{fields}");
    }

    // Spans say nothing that the events in them do not say.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Both have the same five levels, written alike.
fn level(metadata: &Metadata<'_>) -> log::Level {
    metadata
        .level()
        .as_str()
        .parse()
        .unwrap_or(log::Level::Info)
}

#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        // Writing into a string cannot fail.
        write!(self.fields, " {field}={value}").unwrap_or_default();
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let written = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            _ => write!(self.fields, " {field}={value:?}"),
        };
        written.unwrap_or_default();
    }
}
