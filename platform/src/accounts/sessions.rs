//! Sessions: a random token in the hands of whoever signed in, its hash in Postgres, an end, and a way to end it earlier.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use ports::sql::{SqlError, SqlValue};
use sha2::{Digest, Sha256};

use super::Accounts;
use crate::messages::{OpenSession, SessionCheck, SessionOf, SessionView};
use crate::signing::to_hex;
use crate::texts::TextId;

/// Sessions of one account that are listed at most.
const LISTED: i64 = 100;

/// Opens one.
pub(super) async fn open(accounts: &Accounts, account_id: String) -> Result<OpenSession, SqlError> {
    let ctx = &accounts.ctx;
    let draw = || ctx.entropy.next_u64();
    let token = format!("dbs_{:016x}{:016x}{:016x}{:016x}", draw(), draw(), draw(), draw());
    let session_id = format!("ses_{:016x}{:016x}", draw(), draw());
    let now_us = ctx.clock.now_us();
    let life_us = i64::try_from(ctx.config.shop.accounts.session_life.as_micros()).unwrap_or(i64::MAX);
    let expires_us = now_us.saturating_add(life_us);
    let params = [
        (&*session_id).into(),
        (&*account_id).into(),
        (&*hash_of(&token)).into(),
        SqlValue::Timestamp(now_us),
        SqlValue::Timestamp(expires_us),
    ];
    ctx.sql.query(ctx.texts.get(TextId::ACCOUNTS_OPEN_SESSION), &params).await?;
    Ok(OpenSession { session_id, account_id, token, expires_at_ms: expires_us.div_euclid(1_000) })
}

/// Whose a token is.
pub(super) async fn check(State(accounts): State<Arc<Accounts>>, body: Bytes) -> Response {
    let Ok(SessionCheck { token }) = serde_json::from_slice(&body) else {
        return StatusCode::UNPROCESSABLE_ENTITY.into_response();
    };
    let ctx = &accounts.ctx;
    let params = [(&*hash_of(&token)).into(), accounts.now()];
    match ctx.sql.query(ctx.texts.get(TextId::ACCOUNTS_SESSION), &params).await {
        Ok(rows) => match rows.first() {
            Some(row) => Json(SessionOf {
                session_id: row.text("session_id").to_owned(),
                account_id: row.text("account_id").to_owned(),
                role: row.text("role").to_owned(),
            })
            .into_response(),
            None => StatusCode::NOT_FOUND.into_response(),
        },
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// The open sessions of an account.
pub(super) async fn list(State(accounts): State<Arc<Accounts>>, Path(account_id): Path<String>) -> Response {
    let ctx = &accounts.ctx;
    let params = [(&*account_id).into(), accounts.now(), LISTED.into()];
    match ctx.sql.query(ctx.texts.get(TextId::ACCOUNTS_SESSIONS), &params).await {
        Ok(rows) => {
            let ms = |us: i64| us.div_euclid(1_000);
            let sessions: Vec<SessionView> = rows
                .iter()
                .map(|row| SessionView {
                    session_id: row.text("session_id").to_owned(),
                    created_at_ms: ms(row.timestamp_us("created_at")),
                    expires_at_ms: ms(row.timestamp_us("expires_at")),
                })
                .collect();
            Json(sessions).into_response()
        }
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

/// Ends a session of an account; 404 when it has no such session.
pub(super) async fn revoke(
    State(accounts): State<Arc<Accounts>>,
    Path((account_id, session_id)): Path<(String, String)>,
) -> Response {
    let ctx = &accounts.ctx;
    let params = [(&*session_id).into(), (&*account_id).into(), accounts.now()];
    match ctx.sql.query(ctx.texts.get(TextId::ACCOUNTS_REVOKE), &params).await {
        Ok(rows) if rows.first().is_some() => StatusCode::NO_CONTENT.into_response(),
        Ok(_) => StatusCode::NOT_FOUND.into_response(),
        // An unknown outcome too: ending it again is safe.
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn hash_of(token: &str) -> String {
    to_hex(&Sha256::digest(token.as_bytes()))
}
