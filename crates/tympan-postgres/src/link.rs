//! One connection: several statements go out together, with one word behind them that they are all,
//! and are answered together. If one fails the server passes over those behind it, a COMMIT too.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tympan_core::row::{Cell, CellKind};

use crate::answers::{Answers, Broken, Inbox, State};
use crate::cells::{list, text};
use crate::error::{Fault, NoConnection};
use crate::line::{Line, TimedOut};
use crate::statements;
use crate::steps::{Step, TooLong, put_prepare, put_script, put_sync};

/// How much is taken in at once.
const ROOM: usize = 1 << 15;

/// How long to wait where nothing has to be waited for: what is there is there at once.
const MOMENT: Duration = Duration::from_millis(5);

/// What a session is to be like.
const SETTINGS: &str = "SELECT pg_catalog.set_config(\
    pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[]), false)";

/// A name that no other session bears, which it keeps.
const NAME: &str =
    "SELECT pg_catalog.set_config('tympan.session', pg_catalog.gen_random_uuid()::text, false)";

/// What bytes come and go by, encrypted or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A connection that is open.
pub(crate) struct Link {
    line: Arc<Line>,
    stream: Box<dyn Stream>,
    inbox: Inbox,
    /// Where bytes are read to.
    room: Vec<u8>,
    /// The name of the session.
    name: String,
    is_prepared: bool,
    sound: bool,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Link").finish_non_exhaustive()
    }
}

impl Link {
    /// A connection of a role that was let in, of which nothing was asked yet.
    pub(crate) fn new(line: Arc<Line>, stream: Box<dyn Stream>) -> Self {
        Self {
            line,
            stream,
            inbox: Inbox::default(),
            room: vec![0; ROOM],
            name: String::new(),
            is_prepared: false,
            sound: true,
        }
    }

    /// Begins a session: what it is to be like, on a server that takes writes, with the statements
    /// that turns need most.
    pub(crate) fn begin(
        &mut self,
        settings: &[(&str, String)],
        prepare: bool,
        until: Instant,
    ) -> Result<(), NoConnection> {
        let answers = match begin_messages(settings, prepare) {
            Ok(messages) => self.exchange(&messages, until),
            Err(TooLong) => return Err(NoConnection::NoSession(Fault::TooLong)),
        };
        match answers.fault {
            Some(Fault::TimedOut) => return Err(NoConnection::TimedOut),
            Some(fault) => return Err(NoConnection::NoSession(fault)),
            None => {}
        }
        let said = |step: usize| answers.given.get(step)?.rows.first()?.text(0);
        if said(2) != Some("off") {
            return Err(io::Error::other("the server takes no writes").into());
        }
        self.name = said(1).unwrap_or_default().to_owned();
        self.is_prepared = prepare;
        Ok(())
    }

    /// What begins a transaction, by a text that says how, and nothing if one is open. It goes on
    /// only in the session that was made ready for it.
    pub(crate) fn begin_transaction(&self, how: &str) -> Vec<Step> {
        let mut steps = match self.inbox.state {
            State::InTransaction => return Vec::new(),
            State::Idle => Vec::new(),
            State::Failed => vec![Step::plain("ROLLBACK")],
        };
        steps.push(Step::plain(how));
        steps.push(Step::Query(statements::session(), vec![text(&self.name)]));
        steps
    }

    /// Sends all steps at once and waits for the answers. When they do not come in time, the
    /// connection is given up: nothing is cancelled, for it may be committing.
    pub(crate) fn run(&mut self, steps: &[Step], until: Instant) -> Answers {
        let mut out = Vec::new();
        let put = steps
            .iter()
            .try_for_each(|step| step.put(self.is_prepared, &mut out));
        if let Err(TooLong) = put {
            return Answers::of(Fault::TooLong);
        }
        put_sync(&mut out);
        self.exchange(&out, until)
    }

    /// Runs a text of several statements.
    pub(crate) fn run_script(&mut self, text: &str, until: Instant) -> Answers {
        let mut out = Vec::new();
        match put_script(text, &mut out) {
            Ok(()) => self.exchange(&out, until),
            Err(TooLong) => Answers::of(Fault::TooLong),
        }
    }

    /// Undoes what was begun, and does not wait for the answer: it is passed over when the next one
    /// is waited for.
    pub(crate) fn roll_back(&mut self) {
        if !self.sound {
            return;
        }
        let mut out = Vec::new();
        let put = Step::plain("ROLLBACK").put(false, &mut out);
        put_sync(&mut out);
        let line = Arc::clone(&self.line);
        let mut rest = out.as_slice();
        let sent = line.run(
            poll_fn(|task| self.poll_send(&mut rest, task)),
            Instant::now() + MOMENT,
        );
        // If it cannot be sent, the connection is closed, and the server ends what was begun.
        if put.is_err() || sent != Ok(Ok(())) {
            self.sound = false;
        }
        self.inbox.owed += 1;
        self.inbox.state = State::Idle;
    }

    /// Whether no transaction was begun that is still to be ended.
    pub(crate) fn is_idle(&self) -> bool {
        self.inbox.state == State::Idle
    }

    /// Whether it is of use for turns and reads to come.
    pub(crate) fn is_to_be_kept(&self) -> bool {
        self.sound && self.is_prepared
    }

    /// The warnings that came with the last answers.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.inbox.warnings
    }

    /// Whether the other side has ended it, as far as that is known here.
    pub(crate) fn is_closed(&mut self) -> bool {
        if self.sound && self.line.has_news() {
            let (line, mut unasked) = (Arc::clone(&self.line), Answers::default());
            let news = poll_fn(|task| self.poll_news(&mut unasked, task));
            // That what has come is not whole yet is no end.
            if line.run(news, Instant::now() + MOMENT) == Ok(Err(Broken)) {
                self.sound = false;
            }
        }
        !self.sound
    }

    /// Sends something, and takes in the answers.
    fn exchange(&mut self, out: &[u8], until: Instant) -> Answers {
        if !self.sound {
            return Answers::of(Fault::Broken);
        }
        let mut answers = Answers::default();
        self.inbox.warnings.clear();
        self.inbox.owed += 1;
        let (line, mut rest) = (Arc::clone(&self.line), out);
        let all = poll_fn(|task| self.poll_exchange(&mut rest, &mut answers, task));
        let fault = match line.run(all, until) {
            Ok(Ok(())) => None,
            Ok(Err(Broken)) => Some(Fault::Broken),
            Err(TimedOut) => Some(Fault::TimedOut),
        };
        // What the server said before is the reason.
        answers.fault = answers.fault.take().or(fault.clone());
        if fault.is_some() || answers.fault.as_ref().is_some_and(Fault::is_broken) {
            self.sound = false;
        }
        answers
    }

    /// What came is looked for before more is sent: two that only write would wait for each other.
    fn poll_exchange(
        &mut self,
        out: &mut &[u8],
        answers: &mut Answers,
        task: &mut Context<'_>,
    ) -> Poll<Result<(), Broken>> {
        loop {
            if self.inbox.sort(answers)? {
                return Poll::Ready(Ok(()));
            }
            if self.poll_read(task)?.is_pending() {
                break;
            }
        }
        ready!(self.poll_send(out, task))?;
        Poll::Pending
    }

    /// What has come although nothing was waited for.
    fn poll_news(
        &mut self,
        answers: &mut Answers,
        task: &mut Context<'_>,
    ) -> Poll<Result<(), Broken>> {
        ready!(self.poll_read(task))?;
        while self.inbox.sort(answers)? {}
        let is_farewell = answers.fault.as_ref().is_some_and(Fault::is_broken);
        Poll::Ready(if is_farewell { Err(Broken) } else { Ok(()) })
    }

    fn poll_read(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let mut read = ReadBuf::new(&mut self.room);
        let outcome = ready!(Pin::new(&mut self.stream).poll_read(task, &mut read));
        if outcome.is_err() || read.filled().is_empty() {
            return Poll::Ready(Err(Broken));
        }
        self.inbox.put(read.filled());
        Poll::Ready(Ok(()))
    }

    fn poll_send(&mut self, out: &mut &[u8], task: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        let mut stream = Pin::new(&mut self.stream);
        while !out.is_empty() {
            let sent = ready!(stream.as_mut().poll_write(task, out)).unwrap_or(0);
            match out.get(sent..) {
                Some(rest) if sent > 0 => *out = rest,
                _ => return Poll::Ready(Err(Broken)),
            }
        }
        stream.poll_flush(task).map_err(|_| Broken)
    }
}

fn begin_messages(settings: &[(&str, String)], prepare: bool) -> Result<Vec<u8>, TooLong> {
    let (names, values): (Vec<Cell<'_>>, Vec<Cell<'_>>) = settings
        .iter()
        .map(|(name, value)| {
            (
                Cell::Text((*name).into()),
                Cell::Text(value.as_str().into()),
            )
        })
        .unzip();
    let lists = [names, values].map(|cells| list(CellKind::Text, cells.iter()));
    let mut out = Vec::new();
    Step::Text(SETTINGS.to_owned(), lists.into()).put(false, &mut out)?;
    Step::plain(NAME).put(false, &mut out)?;
    Step::plain("SHOW transaction_read_only").put(false, &mut out)?;
    let wanted = if prepare { statements::prepared() } else { &[] };
    for (place, sql) in wanted.iter().enumerate() {
        put_prepare(place, sql, &mut out)?;
    }
    put_sync(&mut out);
    Ok(out)
}
