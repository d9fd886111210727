//! What all shoppers of a run have in common: where they go, what is on sale, how they behave, and what they send.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, HeaderName};
use http::{HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use scenario::{Catalogue, Scenario};

use crate::clock::Clock;
use crate::wire::Client;

/// Most units of one checkout, as scenarios have it.
const MAX_QUANTITY: u32 = 10;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const RESPOND_ASYNC: HeaderValue = HeaderValue::from_static("respond-async");
const PREFER: HeaderName = HeaderName::from_static("prefer");
const SHOPPER: HeaderName = HeaderName::from_static("x-shopper-id");
const KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The card a shopper pays with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Card {
    /// Works.
    Good,
    /// Is declined, however often it is tried.
    Declined,
    /// Asks for an authentication that the shopper never gives.
    NeverAuthenticates,
}

impl Card {
    const ALL: [Self; 3] = [Self::Good, Self::Declined, Self::NeverAuthenticates];

    const fn name(self) -> &'static str {
        match self {
            Self::Good => "pm_card_visa",
            Self::Declined => "pm_card_chargeDeclined",
            Self::NeverAuthenticates => "pm_card_authenticationRequired",
        }
    }
}

/// Everything that shoppers of a run share.
pub struct Shop {
    /// The way to the platform.
    pub client: Client,
    /// The scenario.
    pub scenario: Scenario,
    /// What is on sale.
    pub catalogue: Catalogue,
    /// The load's time.
    pub clock: Clock,
    /// Tells the shoppers of this run from those of any other: a repeat under the same names would buy nothing new.
    pub run_name: String,
    /// Per product and quantity, one body for each card.
    bodies: Vec<Vec<[Bytes; 3]>>,
}

impl Shop {
    /// A shop for one run.
    #[must_use]
    pub fn new(client: Client, scenario: Scenario, clock: Clock, run_name: String) -> Self {
        let catalogue = scenario.catalogue();
        let body = |sku: &str, quantity: u32, card: Card| {
            let body = serde_json::json!({"sku": sku, "quantity": quantity, "payment_method": card.name()});
            Bytes::from(body.to_string())
        };
        let bodies = |sku: &str| (1..=MAX_QUANTITY).map(|n| Card::ALL.map(|card| body(sku, n, card))).collect();
        let bodies = catalogue.products.iter().map(|product| bodies(&product.sku)).collect();
        Self { client, scenario, catalogue, clock, run_name, bodies }
    }

    /// The name of shopper `index` as the platform hears it.
    #[must_use]
    pub fn shopper_id(&self, index: u64) -> HeaderValue {
        HeaderValue::from_str(&format!("{}-{index}", self.run_name)).expect("the run's name was checked")
    }

    /// A checkout.
    #[must_use]
    pub fn checkout(&self, shopper_id: &HeaderValue, order: &Order<'_>) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body(order)));
        *request.uri_mut() = Uri::from_static("/v1/checkouts");
        address(&mut request, shopper_id, order);
        request
    }

    /// A checkout of a whole cart; what is in it is the platform's to know.
    #[must_use]
    pub fn cart_checkout(&self, shopper_id: &HeaderValue, order: &Order<'_>, cart: &Cart) -> Request<Full<Bytes>> {
        let body = serde_json::json!({"payment_method": order.card.name()}).to_string();
        let mut request = Request::new(Full::new(Bytes::from(body)));
        *request.uri_mut() = cart.checkout.clone();
        address(&mut request, shopper_id, order);
        request.headers_mut().insert(COOKIE, cart.cookie.clone());
        request
    }

    fn body(&self, order: &Order<'_>) -> Bytes {
        let quantity = usize::try_from(order.quantity - 1).expect("at most ten");
        let prepared = &self.bodies[order.product][quantity][order.card as usize];
        let Some(price_cents) = order.shown_price_cents else { return prepared.clone() };
        // One member more, before the brace that closes the object.
        let mut body = prepared[..prepared.len() - 1].to_vec();
        body.extend_from_slice(format!(",\"shown_price_cents\":{price_cents}}}").as_bytes());
        Bytes::from(body)
    }
}

/// A guest's cart that is filled.
#[derive(Clone, Debug)]
pub struct Cart {
    /// Where it is bought.
    pub checkout: Uri,
    /// What shows that it is this guest's.
    pub cookie: HeaderValue,
}

/// What every checkout says in its head.
fn address(request: &mut Request<Full<Bytes>>, shopper_id: &HeaderValue, order: &Order<'_>) {
    *request.method_mut() = Method::POST;
    let headers = request.headers_mut();
    headers.insert(CONTENT_TYPE, JSON);
    headers.insert(SHOPPER, shopper_id.clone());
    headers.insert(KEY, order.key.clone());
    if order.prefers_async {
        headers.insert(PREFER, RESPOND_ASYNC);
    }
}

/// What one checkout asks for.
#[derive(Debug)]
pub struct Order<'a> {
    /// The product's place in the catalogue.
    pub product: usize,
    /// Units.
    pub quantity: u32,
    /// The card.
    pub card: Card,
    /// The idempotency key.
    pub key: &'a HeaderValue,
    /// Asks to be answered later.
    pub prefers_async: bool,
    /// Buys at this price and no other.
    pub shown_price_cents: Option<i64>,
}

/// A request of a shopper without a body.
#[must_use]
pub fn bare(method: Method, path: &str, shopper_id: &HeaderValue) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(Bytes::new()));
    *request.method_mut() = method;
    *request.uri_mut() = path.parse().expect("ids and SKUs fit a path");
    request.headers_mut().insert(SHOPPER, shopper_id.clone());
    request
}
