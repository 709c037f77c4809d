//! One connection: several statements go out together and are answered in order.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{AsyncMessage, Client, Config, Row, SimpleQueryMessage, Socket, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;
use tympan_core::error::Error;

use crate::driver::{Driver, TimedOut};
use crate::error;
use crate::statements::{self, Sql};

/// How long to wait before a server that is away is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// How long one of several hosts may take for a connection before the next one is tried.
const MOST_OF_ONE_HOST: Duration = Duration::from_secs(5);

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

/// What the server said unasked.
type Warnings = Arc<Mutex<Vec<String>>>;

/// A connection that is open.
#[derive(Debug)]
pub(crate) struct Link {
    client: Arc<Client>,
    prepared: Arc<Vec<Statement>>,
    warnings: Warnings,
    /// Whether it can be used again.
    pub(crate) sound: bool,
}

/// How to connect.
#[derive(Clone)]
pub(crate) struct Way {
    /// Each host by itself.
    pub(crate) hosts: Arc<[Config]>,
    /// The host that took writes last.
    pub(crate) best: Arc<AtomicUsize>,
    pub(crate) tls: MakeRustlsConnect,
    /// What every session begins with.
    pub(crate) session: String,
    pub(crate) patience: Duration,
}

impl std::fmt::Debug for Way {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The configuration holds the password.
        formatter.debug_struct("Way").finish_non_exhaustive()
    }
}

impl Way {
    /// Connects, trying again while the server is away; `prepare` asks for the statements that
    /// turns need most.
    pub(crate) fn connect(
        &self,
        driver: &Driver,
        prepare: bool,
        until: Instant,
    ) -> Result<Link, Error> {
        let way = self.clone();
        let last = Arc::new(Mutex::new(None));
        let seen = Arc::clone(&last);
        let connected = driver.run(
            async move {
                let connecting = way.connect_to_any(prepare, &seen);
                // Nobody waits for a connection that is made later than that.
                tokio::time::timeout_at(until.into(), connecting).await
            },
            until,
        );
        match connected {
            Ok(Ok(outcome)) => outcome.map_err(|failure| error::connecting(&failure)),
            _ => Err(match lock(&last).take() {
                Some(failure) => error::connecting(&failure),
                None => error::timed_out(),
            }),
        }
    }

    /// Tries the hosts in turn, that one first which was of use last. A host that is cut off may
    /// take a connection and never say a word: while there are others, none is waited for long.
    async fn connect_to_any(
        &self,
        prepare: bool,
        seen: &Mutex<Option<tokio_postgres::Error>>,
    ) -> Result<Link, tokio_postgres::Error> {
        let count = self.hosts.len().max(1);
        let most = match u32::try_from(count) {
            Ok(count @ 2..) => (self.patience / (count * 2)).min(MOST_OF_ONE_HOST),
            _ => self.patience,
        };
        loop {
            let best = self.best.load(Ordering::Relaxed);
            let all = (0..count).map(|step| (best + step) % count);
            for (at, host) in all.filter_map(|at| Some((at, self.hosts.get(at)?))) {
                match tokio::time::timeout(most, self.connect_to(host, prepare)).await {
                    Ok(Ok(link)) => {
                        self.best.store(at, Ordering::Relaxed);
                        return Ok(link);
                    }
                    Ok(Err(failure)) if error::is_away(&failure) => *lock(seen) = Some(failure),
                    Ok(Err(failure)) => return Err(failure),
                    Err(_) => {}
                }
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn connect_to(
        &self,
        host: &Config,
        prepare: bool,
    ) -> Result<Link, tokio_postgres::Error> {
        let (client, connection) = host.connect(self.tls.clone()).await?;
        let warnings = Warnings::default();
        tokio::spawn(drive(connection, Arc::clone(&warnings)));
        client.batch_execute(&self.session).await?;
        let wanted: &[Sql] = if prepare { statements::prepared() } else { &[] };
        let asked = wanted
            .iter()
            .map(|sql| client.prepare_typed(&sql.text, &sql.kinds));
        let prepared = together(asked.collect()).await;
        let prepared = prepared.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(Link {
            client: Arc::new(client),
            prepared: Arc::new(prepared),
            warnings,
            sound: true,
        })
    }
}

/// Sends and receives until the connection is closed, and keeps the warnings that come.
async fn drive<S>(mut connection: tokio_postgres::Connection<Socket, S>, warnings: Warnings)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|task| connection.poll_message(task)).await {
        if let AsyncMessage::Notice(notice) = message
            && error::is_warning(&notice)
        {
            lock(&warnings).push(notice.code().code().to_owned());
        }
    }
}

impl Link {
    /// Sends all steps at once and waits for the answers. When they do not come in time, the
    /// connection is left alone: nothing is cancelled, for it may be committing.
    pub(crate) fn run(
        &mut self,
        driver: &Driver,
        steps: Vec<Step>,
        until: Instant,
    ) -> Result<Answers, TimedOut> {
        let (client, prepared) = (Arc::clone(&self.client), Arc::clone(&self.prepared));
        lock(&self.warnings).clear();
        let work = async move {
            let asked = steps
                .into_iter()
                .map(|step| ask(Arc::clone(&client), Arc::clone(&prepared), step));
            together(asked.collect()).await
        };
        let answers = driver.run(work, until);
        let broken = match &answers {
            Ok(answers) => answers.iter().any(|one| match one {
                Err(failure) => error::is_broken(failure),
                Ok(_) => false,
            }),
            Err(TimedOut) => true,
        };
        if broken || self.client.is_closed() {
            self.sound = false;
        }
        answers
    }

    /// Sends a text and does not wait.
    pub(crate) fn send(&self, driver: &Driver, text: &'static str) {
        let client = Arc::clone(&self.client);
        driver.spawn(async move {
            // If it cannot be sent, the connection is closed, and the server ends what was begun.
            client.batch_execute(text).await.unwrap_or_default();
        });
    }

    /// The warnings that came with the last answers.
    pub(crate) fn warnings(&self) -> Vec<String> {
        lock(&self.warnings).clone()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}

async fn ask(
    client: Arc<Client>,
    prepared: Arc<Vec<Statement>>,
    step: Step,
) -> Result<Answer, tokio_postgres::Error> {
    let rows = match step {
        Step::Plain(text) => {
            let messages = client.simple_query(&text).await?;
            let last = messages.iter().rev().find_map(|message| match message {
                SimpleQueryMessage::Row(row) => Some(row.get(0).map(str::to_owned)),
                _ => None,
            });
            return Ok(Answer::Last(last.flatten()));
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

/// What is behind these locks is whole at any moment.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
