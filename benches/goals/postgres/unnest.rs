//! The statement that does many charges at once, with arrays for its arguments.

use rand::Rng;
use rand::rngs::StdRng;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use super::callers;
use super::server::{Connection, Server};

/// The arguments of one statement.
pub struct Charges {
    accounts: Vec<i64>,
    keys: Vec<Vec<u8>>,
}

impl Charges {
    pub fn draw(random: &mut StdRng, accounts: i64, charges: usize) -> Self {
        let key = |random: &mut StdRng| {
            let mut key = vec![0; 16];
            random.fill_bytes(&mut key);
            key
        };
        Self {
            accounts: (0..charges)
                .map(|_| callers::account(random, accounts))
                .collect(),
            keys: (0..charges).map(|_| key(random)).collect(),
        }
    }
}

/// A connection with the statement prepared.
pub struct Unnest {
    connection: Connection,
    statement: Statement,
}

impl Unnest {
    pub fn prepare(server: &Server) -> Self {
        let connection = server.connect();
        let schema = &server.yardstick;
        // An update changes a row once, however often the account is drawn.
        let text = format!(
            "WITH asked AS (
                 SELECT account, key FROM unnest($1::bigint[], $2::bytea[]) AS asked (account, key)
             ), debit AS (
                 UPDATE {schema}.account SET balance = balance - total
                 FROM (SELECT account, count(*) * 40000 AS total FROM asked GROUP BY account) AS sums
                 WHERE id = account AND balance >= total RETURNING id, balance
             )
             INSERT INTO {schema}.ledger (account, amount, balance, at, key)
             SELECT account, -40000, balance, now(), key FROM asked JOIN debit ON id = account"
        );
        let statement = connection
            .runtime
            .block_on(connection.client.prepare(&text))
            .unwrap();
        Self {
            connection,
            statement,
        }
    }

    pub fn charge(&self, charges: &Charges) {
        let Connection { runtime, client } = &self.connection;
        let arrays: [&(dyn ToSql + Sync); 2] = [&charges.accounts, &charges.keys];
        let made = runtime
            .block_on(client.execute(&self.statement, &arrays))
            .unwrap();
        assert_eq!(made, charges.keys.len() as u64, "charges are missing");
    }
}
