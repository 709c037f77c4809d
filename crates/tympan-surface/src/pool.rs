//! Threads for what has to wait and is asked for as a future.

use std::io;
use std::sync::OnceLock;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tympan::{Code, Error};

/// Questions that wait for one store at the same time. A store answers few at once: SQLite on a
/// machine with as many processors, PostgreSQL on as many connections. More threads would only
/// wait there instead of here.
const MAX_THREADS: usize = 8;

/// The threads of one open store, made when the first future asks for one, and gone again when
/// they were idle for ten seconds. Commands need none: the engine has its own.
#[derive(Default)]
pub(crate) struct Pool(OnceLock<Runtime>);

impl Pool {
    /// Runs something on a thread of the pool. The future that is given back may be polled by any
    /// executor.
    ///
    /// # Errors
    /// `internal` if the system refuses what a pool needs.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<JoinHandle<T>, Error> {
        Ok(self.runtime()?.spawn_blocking(work))
    }

    fn runtime(&self) -> Result<&Runtime, Error> {
        if let Some(runtime) = self.0.get() {
            return Ok(runtime);
        }
        let runtime = new_runtime().map_err(|error| {
            Error::new(
                Code::Internal,
                format!("no thread could be started: {error}"),
            )
        })?;
        // Of two that come at once, one has made it for nothing.
        if let Err(spare) = self.0.set(runtime) {
            spare.shutdown_background();
        }
        self.0.get().ok_or_else(|| Error::of(Code::Internal))
    }

    /// Leaves the threads alone: behind a fork they are not there.
    pub(crate) fn forget(&mut self) {
        std::mem::forget(self.0.take());
    }
}

/// It is never driven: only its blocking threads are used.
fn new_runtime() -> io::Result<Runtime> {
    Builder::new_current_thread()
        .max_blocking_threads(MAX_THREADS)
        .thread_name("tympan-question")
        .build()
}

impl Drop for Pool {
    fn drop(&mut self) {
        // Whoever drops a runtime waits for its threads, which a host's event loop must not; the
        // last holder may even be one of them.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
