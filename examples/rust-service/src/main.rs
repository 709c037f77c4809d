//! Serves a shop: `rust-service [ADDRESS-OF-THE-STORE [HOST:PORT]]`, by default `sqlite:shop.db` on
//! `127.0.0.1:8080`. Ends with Ctrl-C; what was answered is durable.

use std::io::Write;

use tokio::net::TcpListener;
use tympan::{Bootstrap, Code, Currency, Options, Tympan};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let store = arguments
        .next()
        .unwrap_or_else(|| "sqlite:shop.db".to_owned());
    let place = arguments
        .next()
        .unwrap_or_else(|| "127.0.0.1:8080".to_owned());

    let shop = Tympan::open(&store, Options::default())?.host();
    match shop.run(Bootstrap::new("Print shop", Currency::EUR, "Ada Admin")) {
        Err(error) if error.code() != Code::BootstrapDone => return Err(error.into()),
        _ => {}
    }
    let listener = TcpListener::bind(&place).await?;
    writeln!(std::io::stdout(), "listening on {}", listener.local_addr()?)?;
    let ended = async {
        // Without a handler for the signal the process is ended by it, which loses nothing.
        let _ = tokio::signal::ctrl_c().await;
    };
    axum::serve(listener, rust_service::service(shop))
        .with_graceful_shutdown(ended)
        .await?;
    Ok(())
}
