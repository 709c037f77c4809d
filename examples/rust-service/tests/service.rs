//! The service is started as a user starts it, and called over loopback.
#![expect(clippy::unwrap_used, reason = "what goes wrong here ends the test")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

struct Service {
    process: Child,
    place: String,
}

impl Service {
    fn start(store: &str) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_rust-service"))
            .args([store, "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let place = line
            .trim()
            .strip_prefix("listening on ")
            .unwrap()
            .to_owned();
        Self { process, place }
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        let mut stream = TcpStream::connect(&self.place).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        (status, serde_json::from_str(body).unwrap())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

#[test]
fn users_are_made_shown_and_charged_and_outlive_the_service() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("shop.db").display());
    let service = Service::start(&store);

    let ann = json!({ "name": "Ann Müller", "username": "ann" });
    let (status, made) = service.call("POST", "/users", &ann);
    assert_eq!((status, &made["username"]), (201, &json!("ann")));
    let (status, again) = service.call("POST", "/users", &ann);
    assert_eq!((status, &again["code"]), (409, &json!("identity_taken")));

    let job = json!({ "username": "ANN", "pages": 3 });
    let (status, charged) = service.call("POST", "/jobs/job-1", &job);
    assert_eq!(
        (status, charged),
        (200, json!({ "cost_micros": null, "left": [0] }))
    );
    let (status, refused) = service.call(
        "POST",
        "/jobs/job-2",
        &json!({ "username": "bob", "pages": 3 }),
    );
    assert_eq!((status, &refused["code"]), (404, &json!("unknown_user")));
    let (status, refused) = service.call(
        "POST",
        "/jobs/job-3",
        &json!({ "username": "ann", "pages": -1 }),
    );
    assert_eq!((status, &refused["code"]), (422, &json!("invalid_usage")));

    drop(service);
    let service = Service::start(&store);
    let (status, shown) = service.call("GET", "/users/ann", &Value::Null);
    assert_eq!((status, &shown["id"]), (200, &made["id"]));
    assert_eq!(service.call("GET", "/users/nobody", &Value::Null).0, 404);
}
