//! `/v1/accounts` and `/v1/sessions`: signing up, in and out.
//!
//! A session's token comes once, in the answer and as a cookie that scripts cannot read; it is shown again by either, and
//! kept by nobody. What belongs to an account is found under its id alone, so a session sees its own and nothing else.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::{Deserialize, Serialize};

use super::problem::{Problem, ProblemKind};
use super::session::{self, Asking};
use super::{Gateway, answers, request};
use crate::messages::{ACCOUNTS, Account, Credentials, SessionView, SignInAnswer};

/// The longest address taken in, in characters (RFC 5321, section 4.5.3.1.3, has it in octets, and of ASCII).
const MAX_EMAIL: usize = 254;
/// The shortest and the longest password taken in, in characters. Longer ones would only be work.
const PASSWORD: std::ops::RangeInclusive<usize> = 10..=128;

/// The body of both.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    email: String,
    password: String,
}

impl Body {
    /// The address in lower case and the password, if they can be such.
    fn credentials(self) -> Result<Credentials, Problem> {
        let email = self.email.to_lowercase();
        let parts = email.split_once('@').filter(|(name, host)| !name.is_empty() && host.contains('.'));
        let plain = email.chars().all(|character| !character.is_whitespace() && !character.is_control());
        if parts.is_none_or(|(_, host)| host.contains('@')) || !plain || email.chars().nth(MAX_EMAIL).is_some() {
            return Err(Problem::from(ProblemKind::InvalidAccount).detail("The address cannot be one of e-mail."));
        }
        if !PASSWORD.contains(&self.password.chars().count()) {
            let (least, most) = (PASSWORD.start(), PASSWORD.end());
            let detail = format!("A password has {least} to {most} characters.");
            return Err(Problem::from(ProblemKind::InvalidAccount).detail(detail));
        }
        Ok(Credentials { email, password: self.password })
    }
}

/// Makes an account.
pub(super) async fn sign_up(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let made = async {
        let credentials = read(&gateway, request).await?;
        let answer = ask(&gateway, Method::POST, "/internal/accounts".to_owned(), &credentials).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::CONFLICT => return Err(ProblemKind::AccountExists.into()),
            _ => return Err(answers::unavailable(0)),
        }
        let account: Account = serde_json::from_slice(answer.body()).map_err(|_| answers::unavailable(0))?;
        Ok::<_, Problem>(answers::json(StatusCode::CREATED, &account))
    };
    made.await.unwrap_or_else(IntoResponse::into_response)
}

/// Opens a session.
pub(super) async fn sign_in(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let opened = async {
        let credentials = read(&gateway, request).await?;
        let answer = ask(&gateway, Method::POST, "/internal/sessions".to_owned(), &credentials).await?;
        if answer.status() != StatusCode::OK {
            return Err(answers::unavailable(0));
        }
        match serde_json::from_slice(answer.body()).map_err(|_| answers::unavailable(0))? {
            SignInAnswer::Opened { session } => {
                let mut response = answers::json(StatusCode::CREATED, &session);
                let life = gateway.ctx.config.shop.accounts.session_life;
                response.headers_mut().insert(SET_COOKIE, session::cookie(&session.token, life));
                let location = format!("/v1/sessions/{}", session.session_id);
                let location = HeaderValue::from_str(&location).expect("session ids are visible ASCII");
                response.headers_mut().insert(LOCATION, location);
                Ok(response)
            }
            SignInAnswer::Wrong => Err(ProblemKind::WrongCredentials.into()),
            SignInAnswer::Limited { retry_after_ms } => Err(Problem::from(ProblemKind::TooManySignIns)
                .retry_after_s(answers::retry_after_s(retry_after_ms.saturating_mul(1_000)))),
        }
    };
    opened.await.unwrap_or_else(IntoResponse::into_response)
}

/// The caller's own sessions.
pub(super) async fn list(State(gateway): State<Arc<Gateway>>, headers: HeaderMap) -> Response {
    let listed = async {
        let account_id = signed_in(&gateway, &headers).await?.account_id;
        let path = format!("/internal/accounts/{account_id}/sessions");
        let answer = ask(&gateway, Method::GET, path, &()).await?;
        if answer.status() != StatusCode::OK {
            return Err(answers::unavailable(0));
        }
        let sessions: Vec<SessionView> = serde_json::from_slice(answer.body()).map_err(|_| answers::unavailable(0))?;
        Ok::<_, Problem>(answers::json(StatusCode::OK, &Sessions { sessions }))
    };
    listed.await.unwrap_or_else(IntoResponse::into_response)
}

#[derive(Serialize)]
struct Sessions {
    sessions: Vec<SessionView>,
}

/// Ends one of the caller's own sessions, `current` being the one that asks.
pub(super) async fn sign_out(
    State(gateway): State<Arc<Gateway>>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    let ended = async {
        let own = signed_in(&gateway, &headers).await?;
        let Ok(Path(named)) = path else { return Err(ProblemKind::SessionNotFound.into()) };
        let session_id = if named == "current" { own.session_id.clone() } else { named };
        if !session::is_id(&session_id) {
            return Err(ProblemKind::SessionNotFound.into());
        }
        let path = format!("/internal/accounts/{}/sessions/{session_id}/revoke", own.account_id);
        let answer = ask(&gateway, Method::POST, path, &()).await?;
        match answer.status() {
            StatusCode::NO_CONTENT => {}
            StatusCode::NOT_FOUND => return Err(ProblemKind::SessionNotFound.into()),
            _ => return Err(answers::unavailable(0)),
        }
        let mut response = StatusCode::NO_CONTENT.into_response();
        if session_id == own.session_id {
            response.headers_mut().insert(SET_COOKIE, session::forgotten());
        }
        Ok::<_, Problem>(response)
    };
    ended.await.unwrap_or_else(IntoResponse::into_response)
}

/// Who is signed in; the header of an edge in front opens no session.
async fn signed_in(gateway: &Gateway, headers: &HeaderMap) -> Result<crate::messages::SessionOf, Problem> {
    match gateway.asking(headers).await? {
        Asking::Session(session) => Ok(session),
        Asking::Header => Err(ProblemKind::UnknownSession.into()),
    }
}

async fn read(gateway: &Gateway, request: Request) -> Result<Credentials, Problem> {
    let (head, body) = request.into_parts();
    request::require_json(&head.headers)?;
    let bytes = request::read_body(body, gateway.ctx.config.gateway.max_body_bytes).await?;
    request::secret_json::<Body>(&bytes)?.credentials()
}

async fn ask<T: Serialize>(
    gateway: &Gateway,
    method: Method,
    path: String,
    body: &T,
) -> Result<http::Response<Bytes>, Problem> {
    let body = serde_json::to_vec(body).expect("what accounts are told has string keys and no failing parts");
    let message = http::Request::builder()
        .method(method)
        .uri(path)
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .body(Bytes::from(body))
        .expect("ids are path segments");
    gateway.ctx.http.call(ACCOUNTS, message, session::PATIENCE).await.map_err(|_| answers::unavailable(0))
}
