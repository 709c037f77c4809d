//! One connection: several statements go out together and are answered in order.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use bytes::BytesMut;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{AsyncMessage, Client, Connection, Row, SimpleQueryMessage, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::{self, NoConnection};
use crate::line::{Line, TimedOut, Wire};
use crate::statements::{self, Sql};

/// One thing to send.
#[derive(Debug)]
pub(crate) enum Step {
    /// A text without values, of one or several statements.
    Plain(String),
    /// A statement that every connection has prepared, or that is planned when it comes.
    Query(&'static Sql, Vec<Value>),
    /// A statement that is made for the occasion.
    Text(String, Vec<Value>),
}

/// A value in the binary form of its type.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) kind: Type,
    pub(crate) bytes: Vec<u8>,
}

impl ToSql for Value {
    fn to_sql(
        &self,
        _: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        out.extend_from_slice(&self.bytes);
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// What came back for one step.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Of a query.
    Rows(Vec<Row>),
    /// Of a plain text: the first value of the last row, if there was one.
    Last(Option<String>),
}

/// What came back for several steps, in order: each has an answer, or the reason why not.
pub(crate) type Answers = Vec<Result<Answer, tokio_postgres::Error>>;

/// The stream of a connection, if it is encrypted.
type Tls = <MakeRustlsConnect as MakeTlsConnect<Wire>>::Stream;

/// A connection that is open.
pub(crate) struct Link {
    client: Client,
    connection: Receiver,
    line: Arc<Line>,
    prepared: Vec<Statement>,
    /// Whether it can be used again.
    pub(crate) sound: bool,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Link").finish_non_exhaustive()
    }
}

/// What sends and receives.
struct Receiver {
    /// None once it has broken: whatever is waited for then ends with an error.
    open: Option<Connection<Wire, Tls>>,
    /// The warnings that the server sent, whatever they came with.
    warnings: Vec<String>,
}

impl Receiver {
    /// Sends what is asked for, and takes in what has come.
    fn poll(&mut self, task: &mut Context<'_>) {
        while let Some(open) = &mut self.open {
            match open.poll_message(task) {
                Poll::Ready(Some(Ok(AsyncMessage::Notice(notice)))) => {
                    if error::is_warning(&notice) {
                        self.warnings.push(notice.code().code().to_owned());
                    }
                }
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(Some(Err(_)) | None) => self.open = None,
                Poll::Pending => return,
            }
        }
    }
}

impl Link {
    pub(crate) fn new(client: Client, connection: Connection<Wire, Tls>, line: Arc<Line>) -> Self {
        Self {
            client,
            connection: Receiver {
                open: Some(connection),
                warnings: Vec::new(),
            },
            line,
            prepared: Vec::new(),
            sound: true,
        }
    }

    /// Begins the session: what it is to be like, on a server that takes writes, with the
    /// statements that turns need most.
    pub(crate) fn begin(
        &mut self,
        session: &str,
        prepare: bool,
        until: Instant,
    ) -> Result<(), NoConnection> {
        let text = format!("{session}; SHOW transaction_read_only");
        let begun = async |client: &Client| {
            let shown = last_value(&client.simple_query(&text).await?);
            let wanted: &[Sql] = if prepare { statements::prepared() } else { &[] };
            let asked = wanted
                .iter()
                .map(|sql| client.prepare_typed(&sql.text, &sql.kinds));
            let prepared = together(asked.collect()).await.into_iter();
            let prepared = prepared.collect::<Result<Vec<_>, _>>()?;
            Ok::<_, tokio_postgres::Error>((shown, prepared))
        };
        let work = begun(&self.client);
        let (shown, prepared) = wait(&self.line, &mut self.connection, work, until)??;
        if shown.as_deref() != Some("off") {
            return Err(io::Error::other("the server takes no writes").into());
        }
        self.prepared = prepared;
        Ok(())
    }

    /// Sends all steps at once and waits for the answers. When they do not come in time, the
    /// connection is given up: nothing is cancelled, for it may be committing.
    pub(crate) fn run(&mut self, steps: Vec<Step>, until: Instant) -> Result<Answers, TimedOut> {
        self.connection.warnings.clear();
        let (client, prepared) = (&self.client, &self.prepared);
        let asked = steps.into_iter().map(|step| ask(client, prepared, step));
        let work = together(asked.collect());
        let answers = wait(&self.line, &mut self.connection, work, until);
        let broken = match &answers {
            Ok(answers) => answers.iter().any(|one| match one {
                Err(failure) => error::is_broken(failure),
                Ok(_) => false,
            }),
            Err(TimedOut) => true,
        };
        if broken || self.connection.open.is_none() {
            self.sound = false;
        }
        answers
    }

    /// Sends a text and does not wait.
    pub(crate) fn send(&mut self, text: &str) {
        let mut task = Context::from_waker(Waker::noop());
        // If it cannot be sent, the connection is closed, and the server ends what was begun. The
        // answer is passed over when the next one is waited for.
        let sent = pin!(self.client.batch_execute(text)).poll(&mut task);
        if sent.is_pending() {
            self.connection.poll(&mut task);
        }
    }

    /// The warnings that came with the last answers.
    pub(crate) fn warnings(&self) -> &[String] {
        &self.connection.warnings
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.connection.open.is_none() || self.line.is_closed()
    }
}

/// Does some work of a client, at most until a moment.
fn wait<T>(
    line: &Line,
    connection: &mut Receiver,
    work: impl Future<Output = T>,
    until: Instant,
) -> Result<T, TimedOut> {
    let mut work = pin!(work);
    let both = poll_fn(|task| {
        let polled = work.as_mut().poll(task);
        if polled.is_pending() {
            connection.poll(task);
        }
        polled
    });
    line.run(both, until)
}

async fn ask(
    client: &Client,
    prepared: &[Statement],
    step: Step,
) -> Result<Answer, tokio_postgres::Error> {
    let rows = match step {
        Step::Plain(text) => {
            let messages = client.simple_query(&text).await?;
            return Ok(Answer::Last(last_value(&messages)));
        }
        Step::Query(sql, values) => match sql.place.and_then(|place| prepared.get(place)) {
            Some(statement) => client.query_raw(statement, values).await?,
            None => client.query_typed_raw(&sql.text, typed(values)).await?,
        },
        Step::Text(text, values) => client.query_typed_raw(&text, typed(values)).await?,
    };
    let mut rows = std::pin::pin!(rows);
    let mut found = Vec::new();
    while let Some(row) = poll_fn(|task| futures_core::Stream::poll_next(rows.as_mut(), task)).await
    {
        found.push(row?);
    }
    Ok(Answer::Rows(found))
}

/// The first value of the last row.
fn last_value(messages: &[SimpleQueryMessage]) -> Option<String> {
    let last = messages.iter().rev().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).map(str::to_owned)),
        _ => None,
    });
    last.flatten()
}

fn typed(values: Vec<Value>) -> impl Iterator<Item = (Value, Type)> {
    values.into_iter().map(|value| {
        let kind = value.kind.clone();
        (value, kind)
    })
}

/// Begins all, in order, before it waits for any: what they send then goes out together.
async fn together<F: Future>(all: Vec<F>) -> Vec<F::Output> {
    let mut all: Vec<Pin<Box<F>>> = all.into_iter().map(Box::pin).collect();
    let mut begun = poll_fn(|task| {
        let polled = all.iter_mut().map(|one| one.as_mut().poll(task));
        Poll::Ready(polled.collect::<Vec<_>>())
    })
    .await;
    let mut outputs = Vec::with_capacity(all.len());
    for (one, begun) in all.into_iter().zip(begun.drain(..)) {
        outputs.push(match begun {
            Poll::Ready(done) => done,
            Poll::Pending => one.await,
        });
    }
    outputs
}
