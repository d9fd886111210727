//! The requests shoppers send, with everything that does not change prepared once.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName};
use http::{HeaderValue, Method, Request, Uri};

use super::visit::{Card, Visit};

/// Prepared parts of requests.
pub(super) struct Requests {
    /// Per product and quantity, one body for each [`Card`].
    bodies: Vec<Vec<[Bytes; 3]>>,
    checkouts: Uri,
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const RESPOND_ASYNC: HeaderValue = HeaderValue::from_static("respond-async");
const PREFER: HeaderName = HeaderName::from_static("prefer");
const SHOPPER: HeaderName = HeaderName::from_static("x-shopper-id");
const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The most units a shopper asks for; the scenario's own limit.
const MAX_QUANTITY: u32 = 10;

impl Card {
    fn name(self) -> &'static str {
        match self {
            Self::Good => "pm_card_visa",
            Self::Declined => "pm_card_chargeDeclined",
            Self::NeverAuthenticates => "pm_card_authenticationRequired",
        }
    }
}

impl Requests {
    pub(super) fn new(skus: &[String]) -> Self {
        let body = |sku: &str, quantity: u32, card: Card| {
            Bytes::from(
                serde_json::json!({"sku": sku, "quantity": quantity, "payment_method": card.name()}).to_string(),
            )
        };
        let cards = [Card::Good, Card::Declined, Card::NeverAuthenticates];
        let bodies = skus
            .iter()
            .map(|sku| (1..=MAX_QUANTITY).map(|quantity| cards.map(|card| body(sku, quantity, card))).collect())
            .collect();
        Self { bodies, checkouts: Uri::from_static("/v1/checkouts") }
    }

    /// The checkout of a visit under its current key.
    pub(super) fn checkout(&self, visit: &Visit) -> Request<Bytes> {
        let quantity = usize::try_from(visit.quantity - 1).expect("small");
        let plain = &self.bodies[usize::from(visit.sku.0)][quantity][visit.card as usize];
        let body = visit.shown_cents.map_or_else(|| plain.clone(), |shown_cents| insisting_on(plain, shown_cents));
        let mut request = Request::new(body);
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.checkouts.clone();
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(SHOPPER, named(b's', visit.name));
        headers.insert(KEY, named(b'k', visit.key));
        if visit.prefers_async {
            headers.insert(PREFER, RESPOND_ASYNC);
        }
        request
    }

    /// What became of an order.
    pub(super) fn status(&self, shopper: u32, order_id: &str) -> Request<Bytes> {
        plain(Method::GET, format!("/v1/orders/{order_id}"), shopper)
    }

    /// Cancels an order.
    pub(super) fn cancel(&self, shopper: u32, order_id: &str) -> Request<Bytes> {
        plain(Method::POST, format!("/v1/orders/{order_id}/cancel"), shopper)
    }
}

/// A checkout that says which price was shown.
fn insisting_on(plain: &Bytes, shown_cents: i64) -> Bytes {
    let fields = plain.strip_suffix(b"}").expect("a body is a JSON object");
    [fields, format!(",\"shown_price_cents\":{shown_cents}}}").as_bytes()].concat().into()
}

fn plain(method: Method, path: String, shopper: u32) -> Request<Bytes> {
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().expect("an order id fits a path");
    request.headers_mut().insert(SHOPPER, named(b's', shopper));
    request
}

fn named(letter: u8, number: u32) -> HeaderValue {
    let mut text = [0_u8; 11];
    text[0] = letter;
    let mut digits = 1;
    let mut rest = number;
    loop {
        digits += 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    let mut rest = number;
    for place in (1..digits).rev() {
        text[place] = b'0' + u8::try_from(rest % 10).expect("a digit");
        rest /= 10;
    }
    HeaderValue::from_bytes(&text[..digits]).expect("letters and digits")
}
