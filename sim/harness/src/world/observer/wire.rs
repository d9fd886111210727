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
    #[serde(borrow, default)]
    further: Vec<FurtherLine<'a>>,
}

#[derive(Deserialize)]
struct FurtherLine<'a> {
    #[serde(borrow)]
    sku: Cow<'a, str>,
}

/// The events of a request from one process to another: a checkout takes a token of each of its products.
pub(super) fn decode(history: &History, service: ServiceName, request: &Request<Bytes>) -> Vec<EventKind> {
    if (service != FLASH_SALE && service != ORDERS) || request.uri().path() != "/internal/checkouts" {
        return Vec::new();
    }
    let Ok(checkout) = std::str::from_utf8(request.body()) else { return Vec::new() };
    let skus = skus_of(checkout).into_iter().filter_map(|sku| history.find_sku(&sku));
    skus.map(|sku| EventKind::Admitted { sku }).collect()
}

/// The products a checkout names. Read off the document as it lies, because it is one of thousands a second and its lane
/// will read the whole of it: these bytes stand nowhere in a JSON document but where a member `sku` begins, since a
/// quotation mark within a text is escaped.
fn skus_of(checkout: &str) -> Vec<Cow<'_, str>> {
    const MEMBER: &str = "\"sku\":\"";
    let mut skus = Vec::new();
    let mut rest = checkout;
    while let Some((sku, after)) = rest.split_once(MEMBER).and_then(|(_, begin)| begin.split_once('"')) {
        if sku.contains('\\') {
            return serde_json::from_str(checkout).map_or_else(|_| Vec::new(), Checkout::skus);
        }
        skus.push(Cow::from(sku));
        rest = after;
    }
    skus
}

impl<'a> Checkout<'a> {
    fn skus(self) -> Vec<Cow<'a, str>> {
        std::iter::once(self.sku).chain(self.further.into_iter().map(|line| line.sku)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use platform::messages::{CheckoutRequest, WantedLine};

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
                further: vec![WantedLine { sku: "LAMP".into(), quantity: 2, shown_price_cents: Some(1) }],
            };
            let document = serde_json::to_string(&checkout).expect("it can be written");
            assert_eq!(skus_of(&document), [sku, "LAMP"]);
        }
        assert!(skus_of("{}").is_empty());
    }
}
