//! A proxy in front of the server: it counts what passes, and cuts connections where it is told to.

#![allow(dead_code, reason = "every test uses a part of it")]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// How long a client must say nothing to have said everything.
const QUIET: Duration = Duration::from_millis(400);

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    ToServer,
    ToClient,
}

#[derive(Debug)]
struct State {
    /// Bytes that may still pass, each way; below zero: all.
    left: [AtomicI64; 2],
    passed: [AtomicU64; 2],
    /// Answers are kept back until the client says no more.
    counts: AtomicBool,
    flushes: AtomicU64,
    /// What is said in other words, one way.
    words: Mutex<Vec<(Way, &'static str, &'static str)>>,
    open: Mutex<Vec<TcpStream>>,
    /// Nothing passes, and nothing is lost: as if a cable were out.
    holds: Mutex<bool>,
    let_go: Condvar,
}

/// The proxy; it ends with the process.
pub struct Proxy {
    pub port: u16,
    state: Arc<State>,
}

impl Proxy {
    /// Begins to listen for a server on a port of this machine.
    pub fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State {
            left: [AtomicI64::new(-1), AtomicI64::new(-1)],
            passed: Default::default(),
            counts: AtomicBool::new(false),
            flushes: AtomicU64::new(0),
            words: Mutex::default(),
            open: Mutex::default(),
            holds: Mutex::default(),
            let_go: Condvar::new(),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else {
                    continue;
                };
                client.set_nodelay(true).unwrap();
                server.set_nodelay(true).unwrap();
                connect(&shared, client, server);
            }
        });
        Self { port, state }
    }

    /// Only so many more bytes pass one way; with the last one all connections are cut, once.
    pub fn cut_after(&self, way: Way, bytes: i64) {
        self.state.left[way as usize].store(bytes, SeqCst);
    }

    /// Nothing is to be cut any more.
    pub fn heal(&self) {
        self.state
            .left
            .iter()
            .for_each(|left| left.store(-1, SeqCst));
    }

    /// From now on nothing passes either way, though connections stay and new ones are taken; or
    /// everything that was kept back passes.
    pub fn hold(&self, holds: bool) {
        *self.state.holds.lock().unwrap() = holds;
        self.state.let_go.notify_all();
    }

    /// From now on, words that pass one way are others of the same length.
    pub fn reword(&self, way: Way, from: &'static str, to: &'static str) {
        assert_eq!(from.len(), to.len());
        self.state.words.lock().unwrap().push((way, from, to));
    }

    /// How many bytes have passed one way.
    pub fn passed(&self, way: Way) -> u64 {
        self.state.passed[way as usize].load(SeqCst)
    }

    /// How often the client spoke up and then waited for an answer, while something is done.
    pub fn flushes(&self, work: impl FnOnce()) -> u64 {
        self.state.flushes.store(0, SeqCst);
        self.state.counts.store(true, SeqCst);
        work();
        self.state.counts.store(false, SeqCst);
        self.state.flushes.load(SeqCst)
    }
}

fn connect(state: &Arc<State>, client: TcpStream, server: TcpStream) {
    let ends = [client.try_clone().unwrap(), server.try_clone().unwrap()];
    state.open.lock().unwrap().extend(ends);
    let speaks = Arc::new(AtomicBool::new(false));
    let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (shared, says) = (Arc::clone(state), Arc::clone(&speaks));
    std::thread::spawn(move || pass(&shared, from, to, Way::ToServer, &says));
    let shared = Arc::clone(state);
    std::thread::spawn(move || pass(&shared, server, client, Way::ToClient, &speaks));
}

/// Passes bytes on one way until an end is closed or cut.
fn pass(state: &State, mut from: TcpStream, mut to: TcpStream, way: Way, speaks: &AtomicBool) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let mut count = count;
        let held = state.holds.lock().unwrap();
        drop(state.let_go.wait_while(held, |holds| *holds).unwrap());
        if state.counts.load(SeqCst) {
            match way {
                Way::ToServer => {
                    if !speaks.swap(true, SeqCst) {
                        state.flushes.fetch_add(1, SeqCst);
                    }
                }
                Way::ToClient if speaks.load(SeqCst) => {
                    wait_until_quiet(state);
                    speaks.store(false, SeqCst);
                }
                Way::ToClient => {}
            }
        }
        for (_, from, to) in state
            .words
            .lock()
            .unwrap()
            .iter()
            .filter(|one| one.0 == way)
        {
            let mut rest = &mut buffer[..count];
            while let Some(at) = rest
                .windows(from.len())
                .position(|part| part == from.as_bytes())
            {
                rest = &mut rest[at..];
                rest[..to.len()].copy_from_slice(to.as_bytes());
            }
        }
        let left = &state.left[way as usize];
        let may = left.load(SeqCst);
        if may >= 0 {
            count = count.min(usize::try_from(may).unwrap());
            left.store(may - i64::try_from(count).unwrap(), SeqCst);
        }
        state.passed[way as usize].fetch_add(u64::try_from(count).unwrap(), SeqCst);
        if to.write_all(&buffer[..count]).is_err() {
            break;
        }
        if left.load(SeqCst) == 0 {
            left.store(-1, SeqCst);
            let mut open = state.open.lock().unwrap();
            for end in open.drain(..) {
                end.shutdown(Shutdown::Both).ok();
            }
            return;
        }
    }
    to.shutdown(Shutdown::Both).ok();
}

/// Waits until the client has sent nothing for a while.
fn wait_until_quiet(state: &State) {
    let sent = || state.passed[Way::ToServer as usize].load(SeqCst);
    let gate = (Mutex::new(()), std::sync::Condvar::new());
    let mut last = sent();
    loop {
        drop(gate.1.wait_timeout(gate.0.lock().unwrap(), QUIET).unwrap());
        let now = sent();
        if now == last {
            return;
        }
        last = now;
    }
}
