//! What an HTTP answer tells its shopper.

use bytes::Bytes;
use checkers::history::{Answer, OrderRef};
use http::{Response, StatusCode};
use platform::messages;
use serde::Deserialize;

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
    #[serde(default)]
    order_id: Option<&'a str>,
    #[serde(default)]
    price_cents: Option<u32>,
}

/// Reads the answer to a checkout.
pub(super) fn read(response: &Response<Bytes>, mut order: impl FnMut(&str) -> OrderRef) -> Answer {
    let status = response.status();
    let failed = Answer::Failed { status: status.as_u16() };
    match status {
        StatusCode::TOO_MANY_REQUESTS => Answer::Limited,
        StatusCode::SERVICE_UNAVAILABLE => Answer::Unavailable,
        StatusCode::CREATED => with_order(response).map_or(failed, |id| Answer::Won { order: order(id) }),
        StatusCode::ACCEPTED => with_order(response).map_or(failed, |id| Answer::Pending { order: order(id) }),
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::CONFLICT | StatusCode::PAYMENT_REQUIRED => {
            let Ok(problem) = messages::read::<Problem<'_>>(response.body()) else { return failed };
            let slug = problem.r#type.rsplit('/').next().unwrap_or_default();
            match (slug, problem.order_id) {
                ("sold-out", _) => Answer::SoldOut,
                ("request-in-flight", _) => Answer::InFlight,
                ("idempotency-key-reused", _) => Answer::KeyReused,
                ("price-changed", _) => {
                    problem.price_cents.map_or(failed, |price_cents| Answer::PriceChanged { price_cents })
                }
                ("payment-declined", Some(id)) => Answer::Declined { order: order(id) },
                ("order-not-fulfilled", Some(id)) => Answer::Ended { order: order(id) },
                _ => Answer::Rejected { status: status.as_u16() },
            }
        }
        status if status.is_server_error() => failed,
        status => Answer::Rejected { status: status.as_u16() },
    }
}

fn with_order(response: &Response<Bytes>) -> Option<&str> {
    messages::read::<Order<'_>>(response.body()).ok().map(|order| order.order_id)
}

/// Reads the answer to a status request: what the checkout would have been answered had it waited. `None` when the
/// answer tells nothing of the order.
pub(super) fn read_status(response: &Response<Bytes>, mut order: impl FnMut(&str) -> OrderRef) -> Option<Answer> {
    if response.status() != StatusCode::OK {
        return None;
    }
    let view: Order<'_> = messages::read(response.body()).ok()?;
    let order = order(view.order_id);
    Some(match view.status {
        "placed" | "compensating" => Answer::Pending { order },
        "failed" | "refunded" => Answer::Ended { order },
        _ => Answer::Won { order },
    })
}
