//! The thread on which all connections of a store are driven. Callers never run its tasks: they
//! hand work over and wait for the answer, so that it does not matter what they run on themselves.

use std::future::Future;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Instant;

use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;
use tympan_core::error::{Code, Error};

/// A runtime of one thread.
#[derive(Debug)]
pub(crate) struct Driver {
    handle: Handle,
    /// Dropped to end the thread.
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// The answer did not come in time; the work may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimedOut;

impl Driver {
    pub(crate) fn start() -> Result<Self, Error> {
        let failed = |_| Error::new(Code::Busy, "the thread for postgresql could not be started");
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new()
            .name("tympan-postgres".to_owned())
            .spawn(move || {
                // It ends when the sender is dropped; what is still open is closed with the runtime.
                runtime.block_on(stopped).unwrap_or_default();
            })
            .map_err(failed)?;
        Ok(Self {
            handle,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Runs something and waits for it, at most until a moment.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
        until: Instant,
    ) -> Result<T, TimedOut> {
        let (send, receive) = mpsc::sync_channel(1);
        self.handle.spawn(async move {
            // Nobody may be waiting any more.
            send.send(work.await).unwrap_or_default();
        });
        let left = until.saturating_duration_since(Instant::now());
        receive.recv_timeout(left).map_err(|_| TimedOut)
    }

    /// Runs something that nobody waits for.
    pub(crate) fn spawn(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.handle.spawn(work);
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap_or_default();
        }
    }
}
