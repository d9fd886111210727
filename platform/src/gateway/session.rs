//! Who is asking: the session of a token, or whom the edge in front names.
//!
//! A token comes as `Authorization: Bearer …` or as the cookie of a sign-in. One that opens nothing is refused, whatever else
//! the request says: a session that was revoked must not go on under another name. `X-Shopper-Id` is believed only where the
//! settings say that whoever sets it has been checked.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::problem::{Problem, ProblemKind};
use super::{Gateway, answers, request};
use crate::messages::{ACCOUNTS, SessionCheck, SessionOf};

/// The cookie's name.
const NAME: &str = "doorbuster_session";
/// How long accounts may take to answer: a sign-in is meant to be slow.
pub(super) const PATIENCE: Duration = Duration::from_millis(3_000);

/// By what a request says who is asking.
pub(super) enum Asking {
    /// A session.
    Session(SessionOf),
    /// `X-Shopper-Id`.
    Header,
}

impl Gateway {
    /// By what this request says who is asking.
    pub(super) async fn asking(&self, headers: &HeaderMap) -> Result<Asking, Problem> {
        match token_of(headers) {
            Some(token) => Ok(Asking::Session(self.session_of(token?).await?)),
            None if self.ctx.config.gateway.trusts_shopper_header => Ok(Asking::Header),
            None => Err(ProblemKind::MissingShopper.into()),
        }
    }

    /// The shopper who is asking.
    pub(super) async fn shopper<'a>(&self, headers: &'a HeaderMap) -> Result<Cow<'a, str>, Problem> {
        match self.asking(headers).await? {
            Asking::Session(session) => Ok(Cow::Owned(session.account_id)),
            Asking::Header => request::shopper_id(headers).map(Cow::Borrowed),
        }
    }

    /// Whether the request says at all who is asking; a guest's does not.
    pub(super) fn names_somebody(&self, headers: &HeaderMap) -> bool {
        token_of(headers).is_some()
            || (self.ctx.config.gateway.trusts_shopper_header && headers.contains_key(request::SHOPPER_ID))
    }

    async fn session_of(&self, token: &str) -> Result<SessionOf, Problem> {
        let body = serde_json::to_vec(&SessionCheck { token: token.to_owned() })
            .expect("a token has string keys and no failing parts");
        let message = http::Request::post("/internal/sessions/check")
            .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(Bytes::from(body))
            .expect("a constant request is well formed");
        let answer = self.ctx.http.call(ACCOUNTS, message, PATIENCE).await.map_err(|_| answers::unavailable(0))?;
        match answer.status() {
            StatusCode::OK => serde_json::from_slice(answer.body()).map_err(|_| answers::unavailable(0)),
            StatusCode::NOT_FOUND => Err(ProblemKind::UnknownSession.into()),
            _ => Err(answers::unavailable(0)),
        }
    }
}

/// The token that a request shows, if it shows one. Of two neither can be believed, and what cannot be one is refused unread.
fn token_of(headers: &HeaderMap) -> Option<Result<&str, Problem>> {
    let bearer = headers.get_all(AUTHORIZATION).iter().map(|value| {
        let text = value.to_str().unwrap_or_default();
        text.strip_prefix("Bearer ").unwrap_or_default().trim()
    });
    let lines = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let cookies = pairs.filter(|(name, _)| *name == NAME).map(|(_, value)| value);
    let mut tokens = bearer.chain(cookies);
    let token = tokens.next()?;
    let is_one = token.strip_prefix("dbs_").is_some_and(|digits| is_hex(digits, 64));
    Some(if is_one && tokens.next().is_none() { Ok(token) } else { Err(ProblemKind::UnknownSession.into()) })
}

/// Whether `id` can be a session's.
pub(super) fn is_id(id: &str) -> bool {
    id.strip_prefix("ses_").is_some_and(|digits| is_hex(digits, 32))
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
}

/// The cookie of a session. Scripts cannot read it, and other sites' forms do not send it.
pub(super) fn cookie(token: &str, life: Duration) -> HeaderValue {
    let cookie = format!("{NAME}={token}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax", life.as_secs());
    HeaderValue::from_str(&cookie).expect("tokens are visible ASCII")
}

/// Takes the cookie away.
pub(super) fn forgotten() -> HeaderValue {
    HeaderValue::from_static("doorbuster_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
}
