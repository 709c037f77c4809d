//! What the goals use of the server: a schema of ours and one of the yardstick's, both with the same
//! accounts, and both gone when this is dropped.

use std::time::Duration;

use tokio::runtime::Runtime;
use tokio_postgres::{Client, NoTls};
use tympan_postgres::{PostgresOptions, PostgresStore};

use crate::shop;

pub struct Server {
    address: String,
    /// Where our tables lie.
    pub schema: String,
    /// Where the yardstick's tables lie.
    pub yardstick: String,
}

impl Server {
    pub fn prepare(address: &str, users: i64) -> Self {
        let process = std::process::id();
        let server = Self {
            address: address.to_owned(),
            schema: format!("tympan_bench_{process}"),
            yardstick: format!("yardstick_{process}"),
        };
        shop::populate(&server.open(), users).unwrap();
        let (schema, yardstick) = (&server.schema, &server.yardstick);
        server.connect().batch(&format!(
            "CREATE SCHEMA {yardstick};
             CREATE TABLE {yardstick}.account (id bigint PRIMARY KEY, balance bigint NOT NULL);
             CREATE TABLE {yardstick}.ledger (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                 account bigint NOT NULL, amount bigint NOT NULL, balance bigint NOT NULL,
                 at timestamptz NOT NULL, key bytea NOT NULL UNIQUE);
             INSERT INTO {yardstick}.account
                 SELECT id, 1000000000000000 FROM generate_series(0, {users} - 1) AS id"
        ));
        server
            .connect()
            .batch(&format!("VACUUM ANALYZE {yardstick}.account"));
        println!("on PostgreSQL, in the schemas {schema} and {yardstick}");
        server
    }

    /// Our store.
    pub fn open(&self) -> PostgresStore {
        open(&self.address, &self.schema)
    }

    /// A connection past our store.
    pub fn connect(&self) -> Connection {
        Connection::open(&self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let (schema, yardstick) = (&self.schema, &self.yardstick);
        self.connect().batch(&format!(
            "DROP SCHEMA IF EXISTS {schema} CASCADE; DROP SCHEMA IF EXISTS {yardstick} CASCADE"
        ));
    }
}

/// Our store at an address, in a schema.
pub fn open(address: &str, schema: &str) -> PostgresStore {
    let options = PostgresOptions {
        schema: schema.to_owned(),
        // To make ten thousand users takes some while on a busy disk.
        patience: Duration::from_secs(60),
        ..PostgresOptions::default()
    };
    PostgresStore::open(address, &options).unwrap()
}

/// A connection and the runtime that drives it while it is waited for.
pub struct Connection {
    pub runtime: Runtime,
    pub client: Client,
}

impl Connection {
    fn open(address: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let client = runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(address, NoTls).await.unwrap();
            tokio::spawn(connection);
            client
        });
        Self { runtime, client }
    }

    fn batch(&self, text: &str) {
        self.runtime
            .block_on(self.client.batch_execute(text))
            .unwrap();
    }
}
