//! Connecting: to the first of several servers that takes writes, waiting for one that is away.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use socket2::{Domain, SockAddr, Socket, TcpKeepalive, Type};
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres_rustls::MakeRustlsConnect;
use tympan_core::error::Error;

use crate::error::{self, NoConnection};
use crate::line::{Line, TimedOut, Wire};
use crate::link::{Link, Stream};
use crate::tls::Encrypting;

/// How long to wait before a server that is away is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// How long one of several places may take for a connection before the next one is tried.
const MOST_OF_ONE_PLACE: Duration = Duration::from_secs(5);

/// Where a server listens if nothing is said.
const PORT: u16 = 5432;

/// How to connect.
#[derive(Clone)]
pub(crate) struct Way {
    pub(crate) config: Config,
    /// The host that took writes last.
    pub(crate) best: Arc<AtomicUsize>,
    pub(crate) tls: MakeRustlsConnect,
    /// What every session is to be like, whatever the role or the database say.
    pub(crate) settings: Vec<(&'static str, String)>,
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
    pub(crate) fn connect(&self, prepare: bool, until: Instant) -> Result<Link, Error> {
        let mut last = NoConnection::TimedOut;
        loop {
            match self.connect_to_any(prepare, until) {
                Ok(link) => return Ok(link),
                // That somebody did not answer says less than what another one has answered.
                Err(NoConnection::TimedOut) => {}
                Err(failure) if failure.is_away() => last = failure,
                Err(failure) => return Err(error::connecting(&failure)),
            }
            if Instant::now() + PAUSE >= until {
                return Err(error::connecting(&last));
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Tries the hosts in turn, that one first which was of use last.
    fn connect_to_any(&self, prepare: bool, until: Instant) -> Result<Link, NoConnection> {
        let count = self.config.get_hosts().len().max(1);
        let best = self.best.load(Ordering::Relaxed);
        let mut last = NoConnection::TimedOut;
        for host in (0..count).map(|step| (best + step) % count) {
            match self.connect_to(host, prepare, until) {
                Ok(link) => {
                    self.best.store(host, Ordering::Relaxed);
                    return Ok(link);
                }
                Err(NoConnection::TimedOut) => {}
                Err(failure) if failure.is_away() => last = failure,
                Err(failure) => return Err(failure),
            }
        }
        Err(last)
    }

    /// Tries each address of a host. One that is cut off may take a connection and never say a
    /// word: while there are others, none is waited for long.
    fn connect_to(&self, host: usize, prepare: bool, until: Instant) -> Result<Link, NoConnection> {
        let hosts = self.config.get_hosts().len();
        let name = match self.config.get_hosts().get(host) {
            Some(Host::Tcp(name)) => name.as_str(),
            _ => "",
        };
        let places = self.places(host, until.min(Instant::now() + self.most(hosts)))?;
        let most = self.most(hosts.saturating_mul(places.len()));
        let mut last = NoConnection::TimedOut;
        for place in places {
            match self.open(&place, name, prepare, until.min(Instant::now() + most)) {
                Err(NoConnection::TimedOut) => {}
                Err(failure) if failure.is_away() => last = failure,
                outcome => return outcome,
            }
        }
        Err(last)
    }

    /// How long one of so many places may take.
    fn most(&self, places: usize) -> Duration {
        match u32::try_from(places) {
            Ok(..2) => self.patience,
            Ok(places) => (self.patience / places / 2).min(MOST_OF_ONE_PLACE),
            Err(_) => Duration::ZERO,
        }
    }

    /// Where a host is. Its own address goes before its name.
    fn places(&self, host: usize, until: Instant) -> Result<Vec<SockAddr>, NoConnection> {
        let ports = self.config.get_ports();
        // One port is that of all.
        let port = ports.get(host).or(ports.first()).copied().unwrap_or(PORT);
        if let Some(address) = self.config.get_hostaddrs().get(host) {
            return Ok(vec![SocketAddr::from((*address, port)).into()]);
        }
        match self.config.get_hosts().get(host) {
            Some(Host::Tcp(name)) => look_up(name, port, until),
            #[cfg(unix)]
            Some(Host::Unix(folder)) => Ok(vec![SockAddr::unix(
                folder.join(format!(".s.PGSQL.{port}")),
            )?]),
            None => Ok(Vec::new()),
        }
    }

    fn open(
        &self,
        place: &SockAddr,
        name: &str,
        prepare: bool,
        until: Instant,
    ) -> Result<Link, NoConnection> {
        let line = Line::new(self.socket(place, until)?);
        let (encrypting, encrypted) = Encrypting::to(name, &self.tls);
        let login = self.config.connect_raw(Wire(line.clone()), encrypting);
        // The driver's part ends with the login. Nothing comes behind that unasked that would be
        // missed.
        drop(line.run(login, until)??);
        let stream: Box<dyn Stream> = match encrypted.take() {
            Some(stream) => Box::new(stream),
            None => Box::new(Wire(line.clone())),
        };
        let mut link = Link::new(line, stream);
        link.begin(&self.settings, prepare, until)?;
        Ok(link)
    }

    fn socket(&self, place: &SockAddr, until: Instant) -> io::Result<TcpStream> {
        let socket = Socket::new(place.domain(), Type::STREAM, None)?;
        let left = until.saturating_duration_since(Instant::now());
        let patience = self
            .config
            .get_connect_timeout()
            .map_or(left, |most| left.min(*most));
        socket.connect_timeout(place, patience.max(Duration::from_millis(1)))?;
        if place.domain() != Domain::UNIX {
            socket.set_tcp_nodelay(true)?;
            let mut keepalive = TcpKeepalive::new().with_time(self.config.get_keepalives_idle());
            if let Some(interval) = self.config.get_keepalives_interval() {
                keepalive = keepalive.with_interval(interval);
            }
            if let Some(retries) = self.config.get_keepalives_retries() {
                keepalive = keepalive.with_retries(retries);
            }
            socket.set_tcp_keepalive(&keepalive)?;
            #[cfg(target_os = "linux")]
            socket.set_tcp_user_timeout(self.config.get_tcp_user_timeout().copied())?;
        }
        Ok(socket.into())
    }
}

/// The addresses of a name. The system looks names up for as long as it pleases: that is left to a
/// thread, which ends when the system has done with it.
fn look_up(name: &str, port: u16, until: Instant) -> Result<Vec<SockAddr>, NoConnection> {
    if let Ok(address) = name.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::from((address, port)).into()]);
    }
    let (send, receive) = mpsc::sync_channel(1);
    let name = name.to_owned();
    std::thread::Builder::new().spawn(move || {
        let found = (name.as_str(), port).to_socket_addrs();
        // Nobody may be waiting any more.
        send.send(found.map(Iterator::collect::<Vec<_>>))
            .unwrap_or_default();
    })?;
    let left = until.saturating_duration_since(Instant::now());
    let found = receive.recv_timeout(left).map_err(|_| TimedOut)??;
    Ok(found.into_iter().map(SockAddr::from).collect())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use tympan_core::error::Code;

    use super::*;
    use crate::address::Address;
    use crate::tls;

    const PATIENCE: Duration = Duration::from_secs(8);

    fn way(text: &str) -> Way {
        Way {
            config: Address::parse(text, PATIENCE).unwrap().config,
            best: Arc::default(),
            tls: tls::connector(None).unwrap(),
            settings: Vec::new(),
            patience: PATIENCE,
        }
    }

    #[test]
    fn each_host_has_its_address_and_its_port() {
        let places = |text| {
            let (way, until) = (way(text), Instant::now() + PATIENCE);
            let all =
                (0..way.config.get_hosts().len()).map(|host| way.places(host, until).unwrap());
            let all = all
                .flatten()
                .map(|place| place.as_socket().unwrap().to_string());
            all.collect::<Vec<_>>()
        };
        let text = "postgres://a@127.0.0.1:1,[::1]:2/b";
        assert_eq!(places(text), ["127.0.0.1:1", "[::1]:2"]);
        let text = "postgres://a@127.0.0.1,127.0.0.2/b";
        assert_eq!(places(text), ["127.0.0.1:5432", "127.0.0.2:5432"]);
        let text = "postgres://a@one,two:5/b?sslmode=disable&hostaddr=10.0.0.1,10.0.0.2";
        assert_eq!(places(text), ["10.0.0.1:5432", "10.0.0.2:5"]);
        assert!(
            places("postgres://a@localhost:7/b")
                .iter()
                .all(|one| one.ends_with(":7"))
        );
    }

    /// Where a server listens that says something to whoever comes, and then nothing more, or one
    /// byte at a time.
    fn server(says: &'static [u8], drips: bool) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for mut client in listener.incoming().map_while(Result::ok) {
                let pace = Some(Duration::from_millis(10));
                client.set_read_timeout(pace).unwrap();
                client.write_all(says).unwrap_or_default();
                while !matches!(client.read(&mut [0; 64]), Ok(0)) {
                    if drips && client.write_all(&[0]).is_err() {
                        break;
                    }
                }
            }
        });
        port
    }

    #[test]
    fn who_never_comes_to_an_end_is_not_waited_for_beyond_it() {
        // Bytes that promise many more: of a message, and of an encrypted one.
        let cases: [(&str, &[u8], bool); 4] = [
            ("", b"", false),
            ("", b"R\0\0\x40\0", true),
            ("?sslrootcert=x", b"S", false),
            ("?sslrootcert=x", b"S\x16\x03\x03\x40\0", true),
        ];
        for (options, says, drips) in cases {
            let port = server(says, drips);
            let way = way(&format!("postgres://a@127.0.0.1:{port}/b{options}"));
            let until = Instant::now() + Duration::from_millis(300);
            let refused = way.connect(false, until).unwrap_err();
            assert_eq!(refused.code(), Code::Busy, "{says:?}: {refused}");
            assert!(Instant::now() < until + PATIENCE / 2, "{says:?}");
        }
    }

    #[test]
    fn of_several_none_is_waited_for_long() {
        let way = way("postgres://a@127.0.0.1/b");
        assert_eq!(way.most(1), PATIENCE);
        assert_eq!(way.most(2), PATIENCE / 4);
        assert_eq!(way.most(4), PATIENCE / 8);
    }
}
