//! A thread that tells others of answers. Whoever answers calls, the engine for one, must not wait
//! for what being told takes, such as the lock of an interpreter.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, OnceLock};
use std::task::{Wake, Waker};
use std::thread::Builder;

use tympan::{Code, Error};

/// Whether all bells are silent from now on, and how many ring just now.
static SILENT: AtomicBool = AtomicBool::new(false);
static RINGING: AtomicUsize = AtomicUsize::new(0);

type Told = Arc<dyn Fn() + Send + Sync>;

/// The bell of one open store. Its thread is started when somebody is to be told first, and ends with
/// the last handle and the last call that may ring.
#[derive(Default)]
pub(crate) struct Bell(OnceLock<Sender<Told>>);

struct Ring {
    bell: Sender<Told>,
    told: Told,
}

impl Wake for Ring {
    fn wake(self: Arc<Self>) {
        // A thread that is gone has nobody left to tell.
        drop(self.bell.send(self.told.clone()));
    }
}

impl Bell {
    /// What has `told` called, once or more, each time that it is woken.
    ///
    /// # Errors
    /// `internal` if the system gives no thread.
    pub(crate) fn waker(&self, told: impl Fn() + Send + Sync + 'static) -> Result<Waker, Error> {
        let bell = match self.0.get() {
            Some(bell) => bell,
            // Of two that come at once, one has started a thread for nothing, which ends.
            None => {
                let started = start()?;
                self.0.get_or_init(|| started)
            }
        };
        Ok(Waker::from(Arc::new(Ring {
            bell: bell.clone(),
            told: Arc::new(told),
        })))
    }

    /// Leaves the thread alone: behind a fork it is not there.
    pub(crate) fn forget(&mut self) {
        std::mem::forget(self.0.take());
    }
}

fn start() -> Result<Sender<Told>, Error> {
    let (bell, rung) = channel::<Told>();
    let listen = move || rung.iter().for_each(|told| ring(&told));
    let started = Builder::new().name("tympan-bell".to_owned()).spawn(listen);
    started.map(|_| bell).map_err(|error| {
        let message = format!("no thread could be started: {error}");
        Error::new(Code::Internal, message)
    })
}

fn ring(told: &Told) {
    RINGING.fetch_add(1, Ordering::SeqCst);
    if !SILENT.load(Ordering::SeqCst) {
        told();
    }
    RINGING.fetch_sub(1, Ordering::SeqCst);
}

/// Ends all ringing, of every store: nobody is told anything any more, and whoever is being told is
/// waited for. For a program that is about to end what its bells call, such as an interpreter.
pub fn silence() {
    SILENT.store(true, Ordering::SeqCst);
    while RINGING.load(Ordering::SeqCst) > 0 {
        std::thread::yield_now();
    }
}

/// Behind a fork nobody rings: the threads stayed behind.
pub(crate) fn forked() {
    RINGING.store(0, Ordering::SeqCst);
}
