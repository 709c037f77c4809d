//! What tests need of a server: an address, a schema of one's own, statements past the store.
#![allow(dead_code, reason = "every test uses a part of it")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio_postgres::{Client, NoTls};
use tympan_postgres::{PostgresOptions, PostgresStore};

/// The server that tests run on, as the store is to reach it.
pub fn address() -> String {
    std::env::var("TYMPAN_ADDRESS").unwrap_or_else(|_| plain())
}

/// The server that tests run on, as tests reach it past the store.
pub fn plain() -> String {
    std::env::var("DATABASE_URL")
        .expect("DATABASE_URL names no server: run this by `bash tools/with-postgres.sh`")
}

/// A schema that is there as long as this is.
pub struct Schema {
    pub name: String,
}

impl Schema {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self {
            name: format!("test_{}_{number}", std::process::id()),
        }
    }

    pub fn options(&self) -> PostgresOptions {
        PostgresOptions {
            schema: self.name.clone(),
            patience: Duration::from_secs(30),
            ..PostgresOptions::default()
        }
    }

    pub fn open(&self) -> PostgresStore {
        PostgresStore::open(&address(), &self.options()).unwrap()
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        run(&format!("DROP SCHEMA IF EXISTS \"{}\" CASCADE", self.name));
    }
}

/// Runs statements past the store.
pub fn run(text: &str) {
    with(&plain(), async |client| {
        client.batch_execute(text).await.unwrap()
    });
}

/// The first value of the first row, as text.
pub fn ask(text: &str) -> String {
    with(&plain(), async |client| {
        let messages = client.simple_query(text).await.unwrap();
        messages
            .iter()
            .find_map(|message| match message {
                tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
                _ => None,
            })
            .unwrap_or_default()
    })
}

/// Does something with a connection of its own.
pub fn with<T>(address: &str, work: impl AsyncFnOnce(Client) -> T) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(address, NoTls).await.unwrap();
        let driving = tokio::spawn(connection);
        let outcome = work(client).await;
        drop(driving);
        outcome
    })
}
