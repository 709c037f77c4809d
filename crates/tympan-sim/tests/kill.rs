//! Killing a charging process: nothing is lost, and the program that says so is shown to fail.

use std::process::Command;

/// Charges lost and doubled, and whether the program was content.
fn kill(arguments: &[&str]) -> (u64, u64, bool) {
    let output = Command::new(env!("CARGO_BIN_EXE_kill"))
        .args(arguments)
        .output();
    let Ok(output) = output else {
        return (0, 0, false);
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let before = |word: &str| {
        let words: Vec<&str> = text.split_whitespace().collect();
        let place = words.iter().rposition(|found| *found == word);
        let number = place.and_then(|place| words.get(place.checked_sub(1)?));
        number.and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    let counts = (before("lost,"), before("doubled,"));
    let failed = before("failed");
    assert_eq!(output.status.success(), failed == 0, "{text}");
    (counts.0, counts.1, output.status.success())
}

#[test]
fn nothing_that_was_answered_is_lost_or_doubled() {
    assert_eq!(kill(&["--kills", "4"]), (0, 0, true));
}

#[test]
fn several_processes_on_one_file_lose_and_double_nothing() {
    let arguments = ["--kills", "2", "--processes", "3"];
    assert_eq!(kill(&arguments), (0, 0, true));
}

#[test]
fn charges_that_are_told_too_early_are_found_lost() {
    let (lost, _, content) = kill(&["--kills", "3", "--fault", "early"]);
    assert!(lost > 0 && !content);
}

#[test]
fn jobs_that_are_charged_twice_are_found() {
    let (_, doubled, content) = kill(&["--kills", "1", "--fault", "twice"]);
    assert!(doubled > 0 && !content);
}

#[test]
#[cfg(unix)]
fn the_killed_process_does_not_outlive_the_one_that_kills() {
    use std::io::{BufRead, BufReader, Read};
    use std::process::Stdio;

    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("shop.db");
    let mut charging = Command::new(env!("CARGO_BIN_EXE_kill"))
        .args(["--charge", database.to_str().unwrap(), "0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // There is no tenant, so nothing is ever told; only the end of its input can end it.
    let mut out = BufReader::new(charging.stdout.take().unwrap());
    drop(charging.stdin.take());
    let mut rest = Vec::new();
    out.fill_buf().unwrap();
    out.read_to_end(&mut rest).unwrap();
    assert!(charging.wait().is_ok());
}
