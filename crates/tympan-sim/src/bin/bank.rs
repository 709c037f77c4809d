//! `bank -- --kills N`: several processes charge, hold, settle and cancel on one PostgreSQL
//! database while its server is killed and started again, over and over. Everything that was
//! answered must be there once, the books must balance, and no client may see anything but answers
//! and outcomes to be asked for again.
//!
//! Run it by `bash tools/with-postgres.sh cargo run …`: the server is that script's.

#![expect(
    clippy::print_stdout,
    reason = "the program's answer is what it prints"
)]

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use clap::Parser;
use tympan::sources::SystemRandom;
use tympan::{
    Authorise, Bootstrap, Cancel, Charge, CreatePriceList, CreateProfile, CreateUser, Currency,
    Extra, Handle, KeyRing, Measure, Options, PlanTerms, PriceTerms, Receipt, Settle, TimeZoneName,
    Tympan, Usage, UserReference,
};

/// Users that are charged: few, so that clients are in each other's way.
const USERS: u64 = 8;
/// Processes.
const PROCESSES: u64 = 4;
/// Clients of each.
const CLIENTS: u64 = 4;
/// Answers between two kills.
const ANSWERS: usize = 200;
/// How long the server may take to start again, on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(180);

#[derive(Parser)]
struct Arguments {
    /// How often the server is killed.
    #[arg(long, default_value_t = 3)]
    kills: u64,
    /// Acts as the clients of one process.
    #[arg(long, hide = true, num_args = 2, value_names = ["KEYS", "PROCESS"])]
    clients: Option<Vec<String>>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let arguments = Arguments::parse();
    if let Some([keys, process]) = arguments.clients.as_deref() {
        return clients(keys, process);
    }
    let folder = tempfile::tempdir()?;
    let keys = folder.path().join("keys");
    let ring = KeyRing::generate(&mut SystemRandom::default())?;
    std::fs::write(&keys, ring.to_text().expose())?;
    let tympan = open(&keys)?;
    set_up(&tympan.host())?;

    let (tell, told) = mpsc::channel();
    let processes: Result<Vec<Clients>, Box<dyn Error>> = (0..PROCESSES)
        .map(|process| Clients::start(&keys, process, tell.clone()))
        .collect();
    let mut processes = processes?;
    drop(tell);
    let mut answered = BTreeMap::new();
    let mut errors = Vec::new();
    for _ in 0..arguments.kills {
        listen(&told, ANSWERS, &mut answered, &mut errors)?;
        kill_server()?;
    }
    listen(&told, ANSWERS, &mut answered, &mut errors)?;
    for process in &mut processes {
        // They end with what they have begun.
        drop(process.0.stdin.take());
    }
    for line in &told {
        note(&line, &mut answered, &mut errors);
    }
    for mut process in processes {
        if !process.0.wait()?.success() {
            errors.push("a process failed".to_owned());
        }
    }
    errors.extend(check(&tympan, &answered)?);
    for error in errors.iter().take(20) {
        println!("{error}");
    }
    println!(
        "{} kills of the server, {} answers to {} clients in {PROCESSES} processes",
        arguments.kills,
        answered.len(),
        PROCESSES * CLIENTS
    );
    let failed = u64::from(!errors.is_empty());
    println!("{} passed, {failed} failed", 1 - failed);
    Ok(if errors.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn open(keys: &Path) -> Result<Tympan, Box<dyn Error>> {
    let ring = KeyRing::parse(&std::fs::read_to_string(keys)?)?;
    let address = std::env::var("DATABASE_URL")?;
    let options = Options::default().keys(ring).schema("bank");
    Ok(Tympan::open(&address, options)?)
}

fn set_up(shop: &Handle) -> Result<(), tympan::Error> {
    shop.run(Bootstrap::new("Bank", Currency::EUR, "Ada Admin"))?;
    let prices = CreatePriceList::new("House", Currency::EUR).rule(PriceTerms::pages(1, 1));
    let prices = shop.run(prices)?.id;
    let plenty = PlanTerms::monthly(
        Measure::Cost(Currency::EUR),
        1_000_000_000,
        TimeZoneName::UTC,
    );
    let profile = CreateProfile::new("Staff").price_list(prices).plan(plenty);
    let profile = shop.run(profile)?.id;
    for user in 0..USERS {
        let mut create = CreateUser::named(format!("User {user}")).username(username(user));
        create.fields.profile = Some(profile);
        shop.run(create)?;
    }
    Ok(())
}

fn username(user: u64) -> String {
    format!("user{user}")
}

/// Ends the server as the loss of power would, all of its processes at once, and starts it again.
fn kill_server() -> Result<(), Box<dyn Error>> {
    let folder = std::env::var("TYMPAN_PG_DATA")?;
    let file = std::fs::read_to_string(Path::new(&folder).join("postmaster.pid"))?;
    let process = file.lines().next().ok_or("the server has no number")?;
    let children = format!("/proc/{process}/task/{process}/children");
    let children = std::fs::read_to_string(children).unwrap_or_default();
    // The shell's own: not every machine has a program for it. One that ended meanwhile is no harm.
    Command::new("sh")
        .args(["-c", "kill -9 \"$@\"", "kill", process])
        .args(children.split_whitespace())
        .stderr(Stdio::null())
        .status()?;
    let server = std::env::var("TYMPAN_PG_SERVER")?;
    let until = Instant::now() + PATIENCE;
    loop {
        // Until the last of its children is gone, it cannot be started.
        let start = Command::new(&server).args(["-w", "start"]).output()?;
        if start.status.success() {
            return Ok(());
        }
        if Instant::now() > until {
            let said = String::from_utf8_lossy(&start.stderr).into_owned();
            return Err(format!("the server does not start again: {said}").into());
        }
    }
}

/// What clients were answered, by key.
type Answered = BTreeMap<String, Receipt>;

fn listen(
    told: &mpsc::Receiver<String>,
    count: usize,
    answered: &mut Answered,
    errors: &mut Vec<String>,
) -> Result<(), Box<dyn Error>> {
    for _ in 0..count {
        note(
            &told.recv_timeout(Duration::from_secs(120))?,
            answered,
            errors,
        );
    }
    Ok(())
}

fn note(line: &str, answered: &mut Answered, errors: &mut Vec<String>) {
    let receipt = line
        .split_once(' ')
        .and_then(|(key, receipt)| Some((key, serde_json::from_str(receipt).ok()?)));
    match receipt {
        Some((key, receipt)) => {
            if answered.insert(key.to_owned(), receipt).is_some() {
                errors.push(format!("`{key}` was answered twice"));
            }
        }
        None => errors.push(line.to_owned()),
    }
}

/// Repeats of everything that was answered give the same answers and write nothing, and the books
/// balance.
fn check(tympan: &Tympan, answered: &Answered) -> Result<Vec<String>, Box<dyn Error>> {
    let mut errors = Vec::new();
    let verified = tympan.verify()?;
    if !verified.is_sound() {
        errors.push(format!("the ledger is broken: {:?}", verified.faults));
    }
    let entries = verified.entries;
    let shop = tympan.host();
    for (key, receipt) in answered {
        let again = repeat(&shop, key, receipt);
        if again.as_ref() != Ok(receipt) {
            errors.push(format!(
                "`{key}` was answered {receipt:?}, and is {again:?} now"
            ));
        }
    }
    let after = tympan.verify()?.entries;
    if after != entries {
        errors.push(format!(
            "{entries} entries, and {after} after nothing but repeats"
        ));
    }
    Ok(errors)
}

fn repeat(shop: &Handle, key: &str, receipt: &Receipt) -> Result<Receipt, tympan::Error> {
    match (key.split_once('-'), receipt.hold) {
        (Some(("settle", _)), Some(hold)) => shop.run(settle(key, hold)),
        (Some(("cancel", _)), Some(hold)) => shop.run(Cancel {
            hold,
            key: key.into(),
        }),
        (Some(("authorise", _)), _) => shop.run(authorise(key)),
        _ => shop.run(charge(key)),
    }
}

fn charge(key: &str) -> Charge {
    let user = key.bytes().fold(7_u64, |sum, byte| {
        sum.wrapping_mul(31).wrapping_add(byte.into())
    });
    let user = UserReference::username(username(user % USERS));
    Charge::new(user, key, Usage::pages(3))
}

fn authorise(key: &str) -> Authorise {
    Authorise {
        job: charge(key),
        expires_in_ms: None,
    }
}

fn settle(key: &str, hold: tympan::HoldId) -> Settle {
    Settle {
        hold,
        key: key.into(),
        usage: Usage::pages(2),
        queue: None,
        cost: None,
        extra: Extra::Deny,
    }
}

/// One process of clients; it is gone when this is.
struct Clients(Child);

impl Clients {
    fn start(
        keys: &Path,
        process: u64,
        tell: mpsc::Sender<String>,
    ) -> Result<Self, Box<dyn Error>> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--clients")
            .arg(keys)
            .arg(process.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().ok_or("no pipe to the process")?;
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if tell.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Self(child))
    }
}

impl Drop for Clients {
    fn drop(&mut self) {
        // It may be gone already; then there is nothing to end.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a process of clients does until its standard input ends: whatever has no certain outcome
/// is asked for again under the same key.
fn clients(keys: &str, process: &str) -> Result<ExitCode, Box<dyn Error>> {
    let shop = open(Path::new(keys))?.host();
    let (stop, failed) = (AtomicBool::new(false), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (shop, stop, failed) = (&shop, &stop, &failed);
            scope.spawn(move || {
                for number in 0_u64.. {
                    if stop.load(Ordering::SeqCst) {
                        return;
                    }
                    let name = format!("{process}-{client}-{number}");
                    if let Err(error) = one_job(shop, number, &name) {
                        // The parent takes a line that is no receipt for what it is.
                        say(&format!("`{name}`: {error}"));
                        failed.fetch_add(1, Ordering::SeqCst);
                        return;
                    }
                }
            });
        }
        let mut nothing = Vec::new();
        let _ = std::io::stdin().read_to_end(&mut nothing);
        stop.store(true, Ordering::SeqCst);
    });
    Ok(match failed.into_inner() {
        0 => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    })
}

/// A charge, or a hold that is settled or cancelled.
fn one_job(shop: &Handle, number: u64, name: &str) -> Result<(), tympan::Error> {
    if number.is_multiple_of(3) {
        let key = format!("charge-{name}");
        return insist(&key, || shop.run(charge(&key))).map(drop);
    }
    let key = format!("authorise-{name}");
    let receipt = insist(&key, || shop.run(authorise(&key)))?;
    let Some(hold) = receipt.hold else {
        return Ok(());
    };
    if number % 3 == 1 {
        let key = format!("settle-{name}");
        insist(&key, || shop.run(settle(&key, hold))).map(drop)
    } else {
        let key = format!("cancel-{name}");
        let cancel = || Cancel {
            hold,
            key: key.as_str().into(),
        };
        insist(&key, || shop.run(cancel())).map(drop)
    }
}

/// Asks again until there is an answer, and says which.
fn insist(
    key: &str,
    ask: impl Fn() -> Result<Receipt, tympan::Error>,
) -> Result<Receipt, tympan::Error> {
    loop {
        match ask() {
            Ok(receipt) => {
                if let Ok(text) = serde_json::to_string(&receipt) {
                    say(&format!("{key} {text}"));
                }
                return Ok(receipt);
            }
            Err(error) if error.retry() => {}
            Err(error) => return Err(error),
        }
    }
}

fn say(line: &str) {
    // Without a parent there is nobody to tell.
    let _ = std::io::stdout().write_all(format!("{line}\n").as_bytes());
}
