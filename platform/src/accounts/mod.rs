//! Accounts: who somebody is, by a password once and by a session's token from then on.
//!
//! | module | what it does |
//! |---|---|
//! | `password` | what is kept of a password |
//! | `attempts` | how often a sign-in may fail |
//! | `sessions` | opening, checking, listing and revoking sessions |
//!
//! Nothing here is ever written to a log: neither an address nor a password nor a token.

mod attempts;
mod password;
mod sessions;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use ports::sql::SqlValue;
use tokio::time::Instant;

use self::attempts::Attempts;
use self::password::Cost;
use crate::config::HashOn;
use crate::context::Context;
use crate::messages::{Account, Credentials, SignInAnswer};
use crate::texts::TextId;

struct Accounts {
    ctx: Context,
    attempts: Attempts,
    /// What a sign-in to an address without an account is compared with, so that it takes as long as any other.
    nobody: String,
}

/// `POST /internal/accounts` and `POST /internal/sessions` take [`Credentials`]; the first answers an [`Account`] or 409, the
/// second a [`SignInAnswer`]. `POST /internal/sessions/check` takes a token and answers a session or 404;
/// `GET /internal/accounts/{id}/sessions` lists them, `POST /internal/accounts/{id}/sessions/{session}/revoke` ends one. All
/// of them answer 503 while Postgres is away.
pub fn accounts_router(ctx: Context) -> Router {
    let cost = Cost::of(&ctx.config.shop.accounts);
    let nobody = password::keep("", password::salt(&ctx.entropy), cost).unwrap_or_default();
    let accounts = Arc::new(Accounts { attempts: Attempts::default(), nobody, ctx });
    Router::new()
        .route("/internal/accounts", post(sign_up))
        .route("/internal/sessions", post(sign_in))
        .route("/internal/sessions/check", post(sessions::check))
        .route("/internal/accounts/{id}/sessions", get(sessions::list))
        .route("/internal/accounts/{id}/sessions/{session}/revoke", post(sessions::revoke))
        .with_state(accounts)
}

impl Accounts {
    /// Does the work of a hash, where the settings say.
    async fn work<T: Send + 'static>(&self, hashing: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        match self.ctx.config.shop.accounts.hash_on {
            HashOn::Spot => Some(hashing()),
            #[cfg(not(madsim))]
            HashOn::Threads => tokio::task::spawn_blocking(hashing).await.ok(),
            // A simulation has no threads: the work is done where it is asked for.
            #[cfg(madsim)]
            HashOn::Threads => Some(hashing()),
        }
    }

    fn now(&self) -> SqlValue {
        SqlValue::Timestamp(self.ctx.clock.now_us())
    }
}

async fn sign_up(State(accounts): State<Arc<Accounts>>, body: Bytes) -> Response {
    let Ok(Credentials { email, password }) = serde_json::from_slice(&body) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let ctx = &accounts.ctx;
    let (salt, cost) = (password::salt(&ctx.entropy), Cost::of(&ctx.config.shop.accounts));
    let Some(Some(kept)) = accounts.work(move || password::keep(&password, salt, cost)).await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let account_id = format!("acc_{:016x}{:016x}", ctx.entropy.next_u64(), ctx.entropy.next_u64());
    let params = [(&*account_id).into(), (&*email).into(), (&*kept).into(), accounts.now()];
    match ctx.sql.query(ctx.texts.get(TextId::ACCOUNTS_CREATE), &params).await {
        Ok(rows) => match rows.first() {
            Some(row) => Json(Account { account_id, role: row.text("role").to_owned() }).into_response(),
            None => StatusCode::CONFLICT.into_response(),
        },
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn sign_in(State(accounts): State<Arc<Accounts>>, body: Bytes) -> Response {
    let Ok(Credentials { email, password }) = serde_json::from_slice(&body) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    if let Err(left) = accounts.attempts.may_try(&email, Instant::now()) {
        let retry_after_ms = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
        return Json(SignInAnswer::Limited { retry_after_ms }).into_response();
    }
    let ctx = &accounts.ctx;
    let Ok(found) = ctx.sql.query(ctx.texts.get(TextId::ACCOUNTS_BY_EMAIL), &[(&*email).into()]).await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let account = found.first().map(|row| (row.text("account_id").to_owned(), row.text("password_hash").to_owned()));
    let kept = account.as_ref().map_or_else(|| accounts.nobody.clone(), |(_, kept)| kept.clone());
    let Some(is_theirs) = accounts.work(move || password::is(&password, &kept)).await else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let Some((account_id, _)) = account.filter(|_| is_theirs) else {
        accounts.attempts.failed(&email, Instant::now());
        return Json(SignInAnswer::Wrong).into_response();
    };
    accounts.attempts.succeeded(&email);
    match sessions::open(&accounts, account_id).await {
        Ok(session) => Json(SignInAnswer::Opened { session }).into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}
