//! Reads what passes between processes: a checkout on its way from the edge to a lane has been admitted.

use bytes::Bytes;
use checkers::history::{EventKind, History};
use http::Request;
use platform::messages::{FLASH_SALE, ORDERS};
use ports::http_port::ServiceName;
use serde::Deserialize;

#[derive(Deserialize)]
struct Checkout<'a> {
    sku: &'a str,
}

/// The event of a request from one process to another.
pub(super) fn decode(history: &History, service: ServiceName, request: &Request<Bytes>) -> Option<EventKind> {
    if (service != FLASH_SALE && service != ORDERS) || request.uri().path() != "/internal/checkouts" {
        return None;
    }
    let checkout: Checkout<'_> = serde_json::from_slice(request.body()).ok()?;
    Some(EventKind::Admitted { sku: history.find_sku(checkout.sku)? })
}
