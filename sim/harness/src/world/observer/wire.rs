//! Reads what passes between processes: a checkout on its way from the edge to a lane has been admitted.

use std::borrow::Cow;

use bytes::Bytes;
use checkers::history::{EventKind, History};
use http::Request;
use platform::messages::{FLASH_SALE, ORDERS};
use ports::http_port::ServiceName;
use serde::Deserialize;

/// A checkout, as far as the edge's decision shows in it.
#[derive(Deserialize)]
struct Checkout<'a> {
    #[serde(borrow)]
    sku: Cow<'a, str>,
}

/// The event of a request from one process to another.
pub(super) fn decode(history: &History, service: ServiceName, request: &Request<Bytes>) -> Option<EventKind> {
    if (service != FLASH_SALE && service != ORDERS) || request.uri().path() != "/internal/checkouts" {
        return None;
    }
    let sku = sku_of(std::str::from_utf8(request.body()).ok()?)?;
    Some(EventKind::Admitted { sku: history.find_sku(&sku)? })
}

/// The product a checkout names. Read off the document as it lies, because it is one of thousands a second and its lane
/// will read the whole of it: these bytes stand nowhere in a JSON document but where its member `sku` begins, since a
/// quotation mark within a text is escaped.
fn sku_of(checkout: &str) -> Option<Cow<'_, str>> {
    const MEMBER: &str = "\"sku\":\"";
    let begin = checkout.find(MEMBER)? + MEMBER.len();
    let (sku, _) = checkout[begin..].split_once('"')?;
    if sku.contains('\\') {
        return serde_json::from_str(checkout).ok().map(|checkout: Checkout<'_>| checkout.sku);
    }
    Some(sku.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::messages::CheckoutRequest;

    #[test]
    fn the_product_is_read_off_whatever_stands_beside_it() {
        for sku in ["KETTLE", "a \"quoted\" name"] {
            let checkout = CheckoutRequest {
                order_id: "ord_1".into(),
                shopper_id: "\"sku\":\"ghost\"".into(),
                sku: sku.into(),
                quantity: 1,
                payment_method: "sku".into(),
                fingerprint: "f".into(),
                respond_async: false,
                shown_price_cents: None,
            };
            let document = serde_json::to_string(&checkout).expect("it can be written");
            assert_eq!(sku_of(&document).as_deref(), Some(sku));
        }
        assert_eq!(sku_of("{}"), None);
    }
}
