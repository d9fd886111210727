//! What an HTTP answer, or the lack of one, tells its shopper.

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::Deserialize;

use crate::wire::Lost;

/// What a shopper was told by one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// 201, or an order that stands as bought.
    Won(Box<str>),
    /// 202, or an order that is under way.
    Pending(Box<str>),
    /// Nothing is left.
    SoldOut,
    /// 429.
    Limited,
    /// The card was declined.
    Declined,
    /// The order ended without its goods.
    Ended,
    /// Another request of the same key is at work.
    InFlight,
    /// 503: nothing was done.
    Unavailable,
    /// 2xx or 304 of a request that asks for nothing but a look.
    Shown,
    /// An error of the client's, which a shopper's program never makes: 4xx that is none of the above.
    Rejected,
    /// 5xx, or a body that cannot be read.
    Failed,
    /// The connection ended without an answer.
    Reset,
    /// The shopper stopped waiting.
    TimedOut,
    /// There was no connection to be had on this side: the request was never sent.
    NotSent,
}

impl Answer {
    /// Whether it spends the error budget: that nothing is left, or that there are too many shoppers, is an answer.
    #[must_use]
    pub const fn is_error(&self) -> bool {
        matches!(self, Self::Unavailable | Self::Rejected | Self::Failed | Self::Reset | Self::TimedOut | Self::NotSent)
    }

    /// A word for error lists.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Won(_) => "won",
            Self::Pending(_) => "queued",
            Self::SoldOut => "sold out",
            Self::Limited => "limited",
            Self::Declined => "declined",
            Self::Ended => "not fulfilled",
            Self::InFlight => "in flight",
            Self::Unavailable => "unavailable",
            Self::Shown => "shown",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Reset => "connection lost",
            Self::TimedOut => "timed out",
            Self::NotSent => "not sent",
        }
    }
}

impl From<Lost> for Answer {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::NoConnection => Self::NotSent,
            Lost::Unreachable | Lost::Reset => Self::Reset,
        }
    }
}

#[derive(Deserialize)]
struct Order<'a> {
    order_id: &'a str,
    #[serde(default)]
    status: &'a str,
}

/// Problem details, as far as a shopper's program reads them.
#[derive(Deserialize)]
struct Problem<'a> {
    r#type: &'a str,
}

/// Reads the answer to a checkout.
#[must_use]
pub fn checkout(response: &Response<Bytes>) -> Answer {
    let order = || serde_json::from_slice::<Order<'_>>(response.body()).ok().map(|order| order.order_id.into());
    match response.status() {
        StatusCode::CREATED => order().map_or(Answer::Failed, Answer::Won),
        StatusCode::ACCEPTED => order().map_or(Answer::Failed, Answer::Pending),
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT | StatusCode::PAYMENT_REQUIRED => {
            let problem: Option<Problem<'_>> = serde_json::from_slice(response.body()).ok();
            match problem.map(|problem| problem.r#type.rsplit('/').next().unwrap_or_default()) {
                Some("sold-out") => Answer::SoldOut,
                Some("request-in-flight") => Answer::InFlight,
                Some("payment-declined") => Answer::Declined,
                Some("order-not-fulfilled") => Answer::Ended,
                Some(_) => Answer::Rejected,
                None => Answer::Failed,
            }
        }
        _ => plain(response),
    }
}

/// Reads the answer to a question after an order. An order that does not exist was never placed: the checkout may be
/// sent again.
#[must_use]
pub fn order(response: &Response<Bytes>) -> Answer {
    if response.status() != StatusCode::OK {
        return plain(response);
    }
    match serde_json::from_slice::<Order<'_>>(response.body()) {
        Ok(Order { order_id, status: "placed" | "compensating" }) => Answer::Pending(order_id.into()),
        Ok(Order { status: "failed" | "refunded", .. }) => Answer::Ended,
        Ok(Order { order_id, .. }) => Answer::Won(order_id.into()),
        Err(_) => Answer::Failed,
    }
}

/// Reads the answer to a request of which only the status tells.
#[must_use]
pub fn plain(response: &Response<Bytes>) -> Answer {
    match response.status() {
        StatusCode::TOO_MANY_REQUESTS => Answer::Limited,
        StatusCode::SERVICE_UNAVAILABLE => Answer::Unavailable,
        status if status.is_success() || status == StatusCode::NOT_MODIFIED => Answer::Shown,
        status if status.is_client_error() => Answer::Rejected,
        _ => Answer::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, body: &str) -> Answer {
        checkout(&Response::builder().status(status).body(Bytes::from(body.to_owned())).unwrap())
    }

    #[test]
    fn every_answer_the_platform_promises_has_its_meaning() {
        let problem = |slug: &str| format!(r#"{{"type":"https://doorbuster.dev/problems/{slug}","status":409}}"#);
        assert_eq!(told(201, r#"{"order_id":"ord_1","status":"confirmed"}"#), Answer::Won("ord_1".into()));
        assert_eq!(told(202, r#"{"order_id":"ord_1","outcome":"unknown"}"#), Answer::Pending("ord_1".into()));
        assert_eq!(told(409, &problem("sold-out")), Answer::SoldOut);
        assert_eq!(told(409, &problem("request-in-flight")), Answer::InFlight);
        assert_eq!(told(402, &problem("payment-declined")), Answer::Declined);
        assert_eq!(told(409, &problem("order-not-fulfilled")), Answer::Ended);
        assert_eq!(told(422, &problem("idempotency-key-reused")), Answer::Rejected);
        assert_eq!(told(429, ""), Answer::Limited);
        assert_eq!(told(503, ""), Answer::Unavailable);
        assert_eq!(told(404, ""), Answer::Rejected);
    }

    #[test]
    fn a_success_that_names_no_order_is_a_failure() {
        assert_eq!(told(201, "<html>"), Answer::Failed);
        assert_eq!(told(409, "<html>"), Answer::Failed);
        assert_eq!(told(200, "<html>"), Answer::Shown);
    }
}
