//! Servers of a test's own, to be started, stopped, copied and promoted.
#![allow(dead_code, reason = "every test uses a part of it")]

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// Servers of this test's own, in a folder that goes with them.
pub struct Servers {
    pub folder: PathBuf,
    /// Holds the disks that were mounted: they are seen in its world only, and go with it.
    world: Option<Child>,
    bin: PathBuf,
    ports: [u16; 2],
}

impl Servers {
    pub fn new() -> Option<Self> {
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
        let servers = Self {
            folder,
            world: None,
            bin,
            ports,
        };
        if is_root() {
            ran(Command::new("chown").arg("postgres").arg(&servers.folder));
        }
        Some(servers)
    }

    pub fn port(&self, server: usize) -> u16 {
        self.ports.get(server).copied().unwrap()
    }

    pub fn data(&self, server: usize) -> PathBuf {
        self.folder.join(format!("server{server}"))
    }

    /// One of the server's programs, as whoever may run it.
    pub fn program(&self, name: &str) -> Command {
        let path = self.bin.join(name);
        let mut command = if is_root() {
            let mut command = self.within("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        command.current_dir("/");
        command
    }

    /// A program that sees the disks that were mounted.
    fn within(&self, program: &str) -> Command {
        let Some(world) = &self.world else {
            return Command::new(program);
        };
        let mut command = Command::new("nsenter");
        command.arg("-t").arg(world.id().to_string());
        // Its root too, which need not be that of the machine.
        command.args(["-m", "-r", "-w", "--", program]);
        command
    }

    /// Mounts a small disk as a folder.
    pub fn mount(&mut self, folder: &str, size: &str) {
        let path = self.folder.join(folder);
        std::fs::create_dir(&path).unwrap();
        let mut world = Command::new("unshare");
        // It ends when this process closes its input, however it ends.
        let script = "mount -t tmpfs -o size=$1,mode=0777 tmpfs \"$0\" && echo mounted && exec cat";
        world
            .args(["-m", "--", "sh", "-c", script])
            .arg(&path)
            .arg(size);
        let mut world = world
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = [0; 8];
        std::io::Read::read_exact(world.stdout.as_mut().unwrap(), &mut said).unwrap();
        assert_eq!(&said, b"mounted\n");
        self.world = Some(world);
        ran(self.within("chown").arg("postgres").arg(&path));
        ran(self.within("chmod").arg("700").arg(&path));
    }

    /// Makes a disk larger.
    pub fn resize(&self, folder: &str, size: &str) {
        let mut mount = self.within("mount");
        mount.args(["-o", &format!("remount,size={size}")]);
        ran(mount.arg(self.folder.join(folder)));
    }

    /// Stops a server that may be gone already.
    pub fn stop(&self, server: usize) {
        let mut stop = self.program("pg_ctl");
        stop.arg("-D").arg(self.data(server));
        // What it leaves behind would be waited for with its output.
        stop.stdout(Stdio::null()).stderr(Stdio::null());
        stop.args(["-m", "immediate", "-w", "stop"])
            .status()
            .unwrap();
    }

    pub fn configure(&self, server: usize, lines: &str) {
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

    pub fn control(&self, server: usize, arguments: &[&str]) {
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

    /// Makes the first server; it is not started.
    pub fn primary(&self, more: &[&str], lines: &str) {
        let mut init = self.program("initdb");
        init.arg("-D")
            .arg(self.data(0))
            .args(["-U", "tympan", "-A", "trust", "--no-sync"])
            .args(["-E", "UTF8", "--locale=C.UTF-8"]);
        ran(init.args(more));
        self.configure(0, lines);
    }

    pub fn primary_with_standby(&self) {
        let lines = "synchronous_standby_names = '*'\nsynchronous_commit = local";
        self.primary(&[], lines);
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

    /// One of them alone.
    pub fn address_of(&self, server: usize) -> String {
        format!("postgres://tympan@127.0.0.1:{}/postgres", self.port(server))
    }

    /// The processes of a server, the first of them before those that it has started.
    pub fn processes(&self, server: usize) -> Vec<String> {
        let file = std::fs::read_to_string(self.data(server).join("postmaster.pid")).unwrap();
        let first = file.lines().next().unwrap().to_owned();
        let parent = |process: &str| {
            let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
            // Behind the name in parentheses: the state, then the parent.
            let (_, rest) = stat.rsplit_once(')')?;
            rest.split_whitespace().nth(1).map(str::to_owned)
        };
        let all = std::fs::read_dir("/proc").unwrap();
        let all = all.filter_map(|one| one.unwrap().file_name().into_string().ok());
        let started = all.filter(|process| parent(process).as_ref() == Some(&first));
        std::iter::once(first.clone()).chain(started).collect()
    }

    /// Sends a signal to all processes of a server.
    pub fn signal(&self, server: usize, signal: &str) {
        // The shell's own: not every machine has a program for it.
        let script = format!("kill -{signal} \"$@\"");
        let mut kill = Command::new("sh");
        ran(kill
            .args(["-c", &script, "sh"])
            .args(self.processes(server)));
    }

    /// Both, of which one takes writes.
    pub fn address(&self) -> String {
        let [first, second] = self.ports;
        format!("postgres://tympan@127.0.0.1:{first},127.0.0.1:{second}/postgres")
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for server in [0, 1] {
            // One of them is gone already.
            self.stop(server);
        }
        if let Some(world) = &mut self.world {
            drop(world.stdin.take());
            world.wait().unwrap();
        }
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

pub fn is_root() -> bool {
    ran(Command::new("id").arg("-u")).stdout.starts_with(b"0\n")
}

pub fn ran(command: &mut Command) -> Output {
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
