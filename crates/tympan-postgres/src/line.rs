//! The bytes of a connection, moved on the caller's own thread. Encryption and the driver's login
//! are asynchronous, but all that their futures ever wait for is here: they are polled where they
//! are needed, and the waiting is done by reading. So there is no runtime and no thread between a
//! caller and the server.

use std::future::Future;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How long a side waits for the other to make room before it looks for what came meanwhile: two
/// that only write to each other would wait for ever.
const SLICE: Duration = Duration::from_millis(5);

/// The answer did not come in time; what was asked for may yet be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimedOut;

/// A socket, and how long whoever uses it waits.
#[derive(Debug)]
pub(crate) struct Line {
    /// Of whatever family: it is only read and written.
    socket: TcpStream,
    wait: Mutex<Wait>,
}

#[derive(Debug)]
struct Wait {
    until: Instant,
    /// Whether the next read may wait for something to come.
    may_read: bool,
    /// Whether there was no room for what is to be sent.
    is_full: bool,
    is_over: bool,
}

impl Line {
    pub(crate) fn new(socket: TcpStream) -> Arc<Self> {
        Arc::new(Self {
            socket,
            wait: Mutex::new(Wait {
                until: Instant::now(),
                may_read: false,
                is_full: false,
                is_over: false,
            }),
        })
    }

    /// Does some work that waits for nothing but this line, at most until a moment. Everything is
    /// sent before anything is waited for.
    pub(crate) fn run<T>(
        &self,
        work: impl Future<Output = T>,
        until: Instant,
    ) -> Result<T, TimedOut> {
        let mut work = pin!(work);
        let mut may_read = false;
        self.set(|wait| (wait.until, wait.is_over) = (until, false));
        loop {
            self.set(|wait| wait.may_read = may_read);
            let polled = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            // Who goes on without waiting, when the work is done, must not wait for what never comes.
            self.set(|wait| wait.may_read = false);
            if self.wait().is_over || (polled.is_pending() && Instant::now() >= until) {
                return Err(TimedOut);
            }
            if let Poll::Ready(done) = polled {
                return Ok(done);
            }
            may_read = !may_read;
        }
    }

    /// Whether something has come that was not read yet, be it the end.
    pub(crate) fn has_news(&self) -> bool {
        let seen = self.socket.set_nonblocking(true).and_then(|()| {
            let seen = self.socket.peek(&mut [0]);
            self.socket.set_nonblocking(false)?;
            seen
        });
        !matches!(seen, Err(error) if error.kind() == ErrorKind::WouldBlock)
    }

    fn read(&self, out: &mut [u8]) -> Poll<io::Result<usize>> {
        let mut wait = self.wait();
        if !std::mem::take(&mut wait.may_read) && !wait.is_full {
            return Poll::Pending;
        }
        let most = if wait.is_full { SLICE } else { Duration::MAX };
        wait.moved(most, |patience| {
            self.socket.set_read_timeout(Some(patience))?;
            (&self.socket).read(out)
        })
    }

    fn write(&self, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let mut wait = self.wait();
        let written = wait.moved(SLICE, |patience| {
            self.socket.set_write_timeout(Some(patience))?;
            (&self.socket).write(bytes)
        });
        wait.is_full = written.is_pending();
        written
    }

    fn set(&self, change: impl FnOnce(&mut Wait)) {
        change(&mut self.wait());
    }

    /// What is behind the lock is whole at any moment.
    fn wait(&self) -> MutexGuard<'_, Wait> {
        self.wait.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Wait {
    /// Moves bytes, for which it waits until the end, or for a while and comes back.
    fn moved(
        &mut self,
        most: Duration,
        mut work: impl FnMut(Duration) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>> {
        loop {
            let left = self.until.saturating_duration_since(Instant::now());
            match work(left.min(most).max(Duration::from_micros(1))) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // Systems call a wait that is over by either name.
                Err(error)
                    if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) =>
                {
                    if left > most {
                        return Poll::Pending;
                    }
                    self.is_over = true;
                    return Poll::Ready(Err(error));
                }
                outcome => return Poll::Ready(outcome),
            }
        }
    }
}

/// A line as futures want it.
#[derive(Debug)]
pub(crate) struct Wire(pub(crate) Arc<Line>);

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = self.0.read(out.initialize_unfilled());
        read.map_ok(|count| out.advance(count))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.0.write(bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(self.0.socket.shutdown(Shutdown::Write))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::net::TcpListener;
    use std::sync::mpsc;
    use std::thread;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    fn pair() -> (Arc<Line>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let here = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (Line::new(here), listener.accept().unwrap().0)
    }

    /// Sends and receives so many bytes, as a connection does: it looks for what came before it sends
    /// more.
    async fn exchange(line: &Arc<Line>, count: usize) -> io::Result<()> {
        let (mut wire, bytes) = (Wire(line.clone()), vec![7; count]);
        let (mut sent, mut received) = (0, 0);
        poll_fn(|task| {
            let mut room = vec![0; 1 << 16];
            while received < count {
                let mut out = ReadBuf::new(&mut room);
                if Pin::new(&mut wire).poll_read(task, &mut out)?.is_pending() {
                    break;
                }
                match out.filled().len() {
                    0 => return Poll::Ready(Err(ErrorKind::UnexpectedEof.into())),
                    more => received += more,
                }
            }
            while sent < count {
                match Pin::new(&mut wire).poll_write(task, &bytes[sent..])? {
                    Poll::Ready(more) => sent += more,
                    Poll::Pending => break,
                }
            }
            if sent == count && received == count {
                Poll::Ready(Ok(()))
            } else {
                Poll::Pending
            }
        })
        .await
    }

    #[test]
    fn two_that_both_write_first_do_not_wait_for_each_other() {
        const MUCH: usize = 16 << 20;
        let (line, mut other) = pair();
        let other = thread::spawn(move || {
            other.write_all(&vec![7; MUCH]).unwrap();
            other.read_exact(&mut vec![0; MUCH]).unwrap();
        });
        let until = Instant::now() + LONG;
        line.run(exchange(&line, MUCH), until).unwrap().unwrap();
        other.join().unwrap();
    }

    #[test]
    fn who_has_more_to_send_does_not_wait_for_an_answer() {
        const MUCH: usize = 16 << 20;
        let (line, mut other) = pair();
        let (tell, told) = mpsc::channel();
        let other = thread::spawn(move || {
            // There is no room any more, and nothing comes before everything was sent.
            told.recv().unwrap();
            other.read_exact(&mut vec![0; MUCH]).unwrap();
            other.write_all(&vec![7; MUCH]).unwrap();
        });
        let mut all = pin!(exchange(&line, MUCH));
        let work = poll_fn(|task| {
            let polled = all.as_mut().poll(task);
            tell.send(()).unwrap_or_default();
            polled
        });
        line.run(work, Instant::now() + LONG).unwrap().unwrap();
        other.join().unwrap();
    }

    #[test]
    fn who_never_answers_is_not_waited_for_beyond_the_end() {
        let (line, _other) = pair();
        let until = Instant::now() + Duration::from_millis(20);
        let outcome = line.run(exchange(&line, 1), until);
        assert_eq!(outcome.err(), Some(TimedOut));
        assert!(Instant::now() >= until);
    }

    #[test]
    fn who_answers_byte_by_byte_is_not_waited_for_beyond_the_end() {
        let (line, mut other) = pair();
        let until = Instant::now() + Duration::from_millis(50);
        let other = thread::spawn(move || {
            other.set_read_timeout(Some(SLICE)).unwrap();
            while !matches!(other.read(&mut [0; 64]), Ok(0)) && other.write_all(&[7]).is_ok() {}
        });
        let outcome = line.run(exchange(&line, 1 << 20), until);
        assert_eq!(outcome.err(), Some(TimedOut));
        assert!(Instant::now() < until + LONG / 2);
        drop(line);
        other.join().unwrap();
    }

    #[test]
    fn nothing_is_waited_for_once_the_work_is_done() {
        let (line, _other) = pair();
        let mut polls = 0;
        // It is done in the very moment in which it might wait.
        let work = poll_fn(|_| {
            polls += 1;
            match polls {
                1 => Poll::Pending,
                _ => Poll::Ready(()),
            }
        });
        line.run(work, Instant::now() + LONG).unwrap();
        let mut room = [0];
        let mut out = ReadBuf::new(&mut room);
        let mut task = Context::from_waker(Waker::noop());
        assert!(
            Pin::new(&mut Wire(line))
                .poll_read(&mut task, &mut out)
                .is_pending()
        );
    }

    #[test]
    fn the_end_is_news() {
        let (line, other) = pair();
        assert!(!line.has_news());
        drop(other);
        // It may take a moment until that is known here.
        let until = Instant::now() + LONG;
        assert!(line.run(exchange(&line, 1), until).is_ok());
        assert!(line.has_news());
    }
}
