//! Standbys: what is answered is on two disks, what is not is said to be unknown, and after the
//! primary is gone the standby has everything that was answered.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test ends at the first surprise"
)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicBool, Ordering};

use tympan::sources::SystemRandom;
use tympan::{
    Bootstrap, Charge, Code, CreateUser, Currency, KeyRing, Options, Tympan, Usage, UserReference,
};
use tympan_postgres::{Keeping, PostgresOptions, PostgresStore};

/// Servers of this test's own, in a folder that goes with them.
struct Servers {
    folder: PathBuf,
    bin: PathBuf,
    ports: [u16; 2],
}

impl Servers {
    fn new() -> Option<Self> {
        // Without the programs of a server there is none to copy.
        let bin = PathBuf::from(std::env::var_os("TYMPAN_PG_BIN")?);
        let folder = tempfile::Builder::new()
            .prefix("tympan-standby.")
            .tempdir_in("/tmp")
            .unwrap();
        let folder = folder.keep();
        // Both are held until both are known: else they could be the same.
        let free = [(); 2].map(|()| std::net::TcpListener::bind("127.0.0.1:0").unwrap());
        let ports = free.each_ref().map(|one| one.local_addr().unwrap().port());
        drop(free);
        let servers = Self { folder, bin, ports };
        if is_root() {
            ran(Command::new("chown").arg("postgres").arg(&servers.folder));
        }
        Some(servers)
    }

    fn port(&self, server: usize) -> u16 {
        self.ports.get(server).copied().unwrap()
    }

    fn data(&self, server: usize) -> PathBuf {
        self.folder.join(format!("server{server}"))
    }

    /// One of the server's programs, as whoever may run it.
    fn program(&self, name: &str) -> Command {
        let path = self.bin.join(name);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir("/");
        command
    }

    fn configure(&self, server: usize, lines: &str) {
        let path = self.data(server).join("postgresql.auto.conf");
        let port = self.port(server);
        let folder = self.folder.display();
        let before = std::fs::read_to_string(&path).unwrap();
        let own = format!(
            "{before}\nport = {port}\nunix_socket_directories = '{folder}'\n\
             listen_addresses = '127.0.0.1'\n{lines}\n"
        );
        std::fs::write(path, own).unwrap();
    }

    fn control(&self, server: usize, arguments: &[&str]) {
        let log = self.folder.join("log");
        let mut command = self.program("pg_ctl");
        command
            .arg("-D")
            .arg(self.data(server))
            .arg("-l")
            .arg(log)
            .args(arguments);
        ran(&mut command);
    }

    fn primary_with_standby(&self) {
        let mut init = self.program("initdb");
        init.arg("-D")
            .arg(self.data(0))
            .args(["-U", "tympan", "-A", "trust", "--no-sync"]);
        ran(init.args(["-E", "UTF8", "--locale=C.UTF-8"]));
        self.configure(
            0,
            "synchronous_standby_names = '*'\nsynchronous_commit = local",
        );
        self.control(0, &["-w", "start"]);
        let mut copy = self.program("pg_basebackup");
        copy.args([
            "-h",
            "127.0.0.1",
            "-U",
            "tympan",
            "-R",
            "-X",
            "stream",
            "-c",
            "fast",
        ]);
        ran(copy
            .args(["-p", &self.port(0).to_string(), "-D"])
            .arg(self.data(1)));
        self.configure(1, "synchronous_standby_names = ''");
        self.control(1, &["-w", "start"]);
    }

    /// Both, of which one takes writes.
    fn address(&self) -> String {
        let [first, second] = self.ports;
        format!("postgres://tympan@127.0.0.1:{first},127.0.0.1:{second}/postgres")
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for server in [0, 1] {
            let mut stop = self.program("pg_ctl");
            stop.arg("-D")
                .arg(self.data(server))
                .args(["-m", "immediate", "-w", "stop"]);
            // One of them is gone already.
            let _ = stop.output();
        }
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

fn is_root() -> bool {
    ran(Command::new("id").arg("-u")).stdout.starts_with(b"0\n")
}

fn ran(command: &mut Command) -> Output {
    // What keeps the output open would be waited for: the server does.
    let log = tempfile::NamedTempFile::new().unwrap();
    let output = if command.get_program() == "id" {
        command.output().unwrap()
    } else {
        let status = command
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(log.reopen().unwrap())
            .status()
            .unwrap();
        Output {
            status,
            stdout: Vec::new(),
            stderr: std::fs::read(log.path()).unwrap(),
        }
    };
    assert!(
        output.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output
}

fn open(address: &str, keys: &str, patience: u64) -> Tympan {
    let ring = KeyRing::parse(keys).unwrap();
    let options = Options::default().keys(ring).keeping(Keeping::Replicated);
    Tympan::open(
        address,
        options.deadline(std::time::Duration::from_secs(patience)),
    )
    .unwrap()
}

fn charge(key: &str) -> Charge {
    Charge::new(UserReference::username("ben"), key, Usage::pages(1))
}

fn kill(data: &Path) {
    let file = std::fs::read_to_string(data.join("postmaster.pid")).unwrap();
    // The shell's own: not every machine has a program for it.
    let kill = ["-c", "kill -9 \"$0\"", file.lines().next().unwrap()];
    ran(Command::new("sh").args(kill));
}

#[test]
fn what_was_answered_is_there_when_the_primary_is_gone() {
    let Some(servers) = Servers::new() else {
        return;
    };
    servers.primary_with_standby();
    let keys = KeyRing::generate(&mut SystemRandom::default())
        .unwrap()
        .to_text();
    let tympan = open(&servers.address(), keys.expose(), 40);
    let shop = tympan.host();
    shop.run(Bootstrap::new("Safe", Currency::EUR, "Ada Admin"))
        .unwrap();
    shop.run(CreateUser::named("Ben").username("ben")).unwrap();
    let mut told = Vec::new();
    for number in 0..50 {
        told.push(shop.run(charge(&format!("before {number}"))).unwrap());
    }
    let options = PostgresOptions {
        minimum: Keeping::Replicated,
        ..PostgresOptions::default()
    };
    let report = PostgresStore::open(&servers.address(), &options)
        .unwrap()
        .doctor()
        .unwrap();
    assert_eq!(report.keeping, Keeping::Replicated, "{report:?}");

    // With the standby away, a commit waits; whoever ends the wait leaves it open what became of
    // it, and a repeat does not claim otherwise.
    servers.control(1, &["-m", "immediate", "-w", "stop"]);
    let first = format!("postgres://tympan@127.0.0.1:{}/postgres", servers.port(0));
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            common::with(&first, async |client| {
                let cancel = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity \
                    WHERE wait_event = 'SyncRep'";
                while !done.load(Ordering::SeqCst) {
                    client.batch_execute(cancel).await.unwrap();
                }
            });
        });
        let outcomes = [(); 3].map(|()| shop.run(charge("in doubt")));
        done.store(true, Ordering::SeqCst);
        for outcome in outcomes {
            assert_eq!(outcome.unwrap_err().code(), Code::UnknownOutcome);
        }
    });

    // The primary is lost with everything that nobody confirmed; the standby takes over.
    kill(&servers.data(0));
    servers.control(1, &["-w", "start"]);
    servers.control(1, &["-w", "promote"]);
    for (number, receipt) in told.iter().enumerate() {
        assert_eq!(
            shop.run(charge(&format!("before {number}"))).as_ref(),
            Ok(receipt)
        );
    }
    shop.run(charge("in doubt")).unwrap();
    shop.run(charge("after")).unwrap();
    let verified = tympan.verify().unwrap();
    assert!(verified.is_sound(), "{verified:?}");
    let jobs: String = common::with(
        &format!("postgres://tympan@127.0.0.1:{}/postgres", servers.port(1)),
        async |client| {
            let sql = "SELECT count(*)::text FROM \"tympan\".\"entry\" WHERE \"key\" IS NOT NULL";
            client.query_one(sql, &[]).await.unwrap().get(0)
        },
    );
    assert_eq!(jobs, "52");
}
