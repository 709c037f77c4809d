//! A small host of the kind that print servers call: users and jobs over HTTP.
//!
//! Commands are awaited as futures, so that a thousand requests share commits and no thread waits
//! for a disk; questions, which block for as long as it takes to read, run on tokio's blocking
//! threads. Whoever calls this is trusted: a service that is reachable by others puts its own
//! recognition of callers in front, and then acts [`as_user`](tympan::Handle::as_user).

mod answer;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use tympan::{Charge, CreateUser, Error, Handle, Usage, UserReference};

use crate::answer::Refused;

/// The service over an open store.
pub fn service(shop: Handle) -> Router {
    Router::new()
        .route("/users", post(create_user))
        .route("/users/{username}", get(show_user))
        .route("/jobs/{key}", post(charge_job))
        .with_state(shop)
}

#[derive(Deserialize)]
struct NewUser {
    name: String,
    username: String,
}

#[derive(Serialize)]
struct ShownUser {
    id: String,
    name: String,
    username: Option<String>,
    wallets: Vec<ShownWallet>,
}

#[derive(Serialize)]
struct ShownWallet {
    measure: String,
    available: i64,
}

#[derive(Deserialize)]
struct Job {
    username: String,
    pages: i64,
    #[serde(default)]
    colour_pages: i64,
}

#[derive(Serialize)]
struct Charged {
    cost_micros: Option<i64>,
    left: Vec<i64>,
}

async fn create_user(
    State(shop): State<Handle>,
    Json(asked): Json<NewUser>,
) -> Result<(StatusCode, Json<ShownUser>), Refused> {
    let command = CreateUser::named(asked.name).username(asked.username);
    let user = shop.submit(command).await?.user;
    let shown = ShownUser {
        id: user.id.to_string(),
        name: user.name,
        username: user.username,
        wallets: Vec::new(),
    };
    Ok((StatusCode::CREATED, Json(shown)))
}

async fn show_user(
    State(shop): State<Handle>,
    Path(username): Path<String>,
) -> Result<Json<ShownUser>, Refused> {
    let asked = move || shop.user_details(UserReference::username(username));
    let details = tokio::task::spawn_blocking(asked)
        .await
        .map_err(answer::stopped)??;
    let details = details.ok_or_else(|| Error::of(tympan::Code::UnknownUser))?;
    let wallets = details.wallets.unwrap_or_default();
    Ok(Json(ShownUser {
        id: details.user.id.to_string(),
        name: details.user.name,
        username: details.user.username,
        wallets: wallets
            .iter()
            .map(|wallet| ShownWallet {
                measure: wallet.measure.name().into_owned(),
                available: wallet.available,
            })
            .collect(),
    }))
}

/// The key is the job's own name: a caller that got no answer sends the same request again.
async fn charge_job(
    State(shop): State<Handle>,
    Path(key): Path<String>,
    Json(job): Json<Job>,
) -> Result<Json<Charged>, Refused> {
    let usage = Usage::pages(job.pages).colour(job.colour_pages);
    let charge = Charge::new(UserReference::username(job.username), key, usage);
    let receipt = shop.submit(charge).await?;
    Ok(Json(Charged {
        cost_micros: receipt.cost_micros,
        left: receipt
            .lines
            .iter()
            .map(|line| line.balance_after)
            .collect(),
    }))
}
