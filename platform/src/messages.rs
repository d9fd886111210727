//! What services say to each other over the `http` port, and the names by which they call each other.

use crate::whole_number;
use ports::http_port::ServiceName;
use serde::{Deserialize, Serialize};

/// The lane for flash products.
pub const FLASH_SALE: ServiceName = ServiceName("flash-sale");
/// The lane for all other products; also answers for orders and the product list.
pub const ORDERS: ServiceName = ServiceName("orders");
/// Answers for stock.
pub const INVENTORY: ServiceName = ServiceName("inventory");
/// Answers for product pages.
pub const CATALOG: ServiceName = ServiceName("catalog");
/// Answers for accounts and their sessions.
pub const ACCOUNTS: ServiceName = ServiceName("accounts");
/// Answers for what was bought together.
pub const RECOMMENDATIONS: ServiceName = ServiceName("recommendations");
/// Takes in the card gateway's webhooks.
pub const PAYMENTS: ServiceName = ServiceName("payments");
/// The search server, outside the platform: Elasticsearch's API.
pub const SEARCH_ENGINE: ServiceName = ServiceName("search-engine");
/// The card gateway, outside the platform.
pub const CARD_GATEWAY: ServiceName = ServiceName("card-gateway");

/// Reads a JSON document. Its text is checked once as a whole, which is quicker than string by string.
///
/// # Errors
/// When it is no JSON, or not of this shape.
pub fn read<'a, T: Deserialize<'a>>(document: &'a [u8]) -> serde_json::Result<T> {
    match std::str::from_utf8(document) {
        Ok(text) => serde_json::from_str(text),
        // The parser says where.
        Err(_) => serde_json::from_slice(document),
    }
}

/// A checkout as the gateway hands it to a lane: `POST /internal/checkouts`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckoutRequest {
    /// Derived from the shopper and the idempotency key; also the reservation's id and the root of payment keys.
    pub order_id: String,
    /// Who is asking.
    pub shopper_id: String,
    /// What is wanted.
    pub sku: String,
    /// How many.
    pub quantity: i64,
    /// The card gateway's name for the means of payment.
    pub payment_method: String,
    /// The hash of the payload: the same key must come with the same one.
    pub fingerprint: String,
    /// Answer as soon as the order is written down, and go on in the background.
    pub respond_async: bool,
    /// The price of one that the shopper was shown; at another price nothing is bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_price_cents: Option<i64>,
    /// What else is wanted, in ascending order of SKUs, all of them greater than `sku`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<WantedLine>,
}

/// A further line of a checkout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WantedLine {
    /// What is wanted.
    pub sku: String,
    /// How many.
    pub quantity: i64,
    /// The price of one that the shopper was shown; at another price nothing is bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_price_cents: Option<i64>,
}

impl CheckoutRequest {
    /// Whether it can be one: every quantity is positive, and no SKU comes twice or out of order.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        let mut before = &self.sku;
        let ascending = self.further.iter().all(|line| {
            let ascends = *before < line.sku;
            before = &line.sku;
            ascends && line.quantity > 0
        });
        self.quantity > 0 && ascending
    }
}

/// A lane's answer to a checkout; HTTP 200 whatever it says, because the lane did answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum CheckoutAnswer {
    /// Paid and committed.
    Confirmed {
        /// The order.
        order: OrderView,
    },
    /// Written down; what becomes of it is not known yet.
    Pending {
        /// The order to ask for.
        order_id: String,
    },
    /// Nothing left, and nothing done.
    SoldOut,
    /// Of one of several products there is not enough, and nothing was done about any.
    LineSoldOut {
        /// Which.
        sku: String,
    },
    /// The card was declined; the order has failed.
    Declined {
        /// The order.
        order: OrderView,
        /// The card gateway's code.
        decline_code: String,
    },
    /// The order ended without its goods, and without its money or with it given back.
    Ended {
        /// The order, with its reason.
        order: OrderView,
    },
    /// An earlier request with this key is still at work.
    InFlight,
    /// This key came before with another payload.
    KeyReused,
    /// The lane is full; nothing was done.
    Limited {
        /// When to come again, in milliseconds.
        retry_after_ms: u64,
    },
    /// What the checkout depends on is away; nothing was done.
    Unavailable {
        /// When to come again, in milliseconds.
        retry_after_ms: u64,
    },
    /// No such product.
    UnknownProduct,
    /// One of several products does not exist, or cannot be bought in one order with the others.
    LineUnknown {
        /// Which.
        sku: String,
    },
    /// The products are not sold in one currency.
    MixedCurrencies,
    /// Some of several products no longer cost what the shopper was shown; this request did nothing.
    PricesChanged {
        /// Those.
        lines: Vec<ChangedPrice>,
    },
    /// The product no longer costs what the shopper was shown; this request did nothing.
    PriceChanged {
        /// What one costs now.
        price_cents: i64,
        /// What the shopper was shown.
        shown_cents: i64,
    },
}

impl CheckoutAnswer {
    /// [`CheckoutAnswer::SoldOut`] as a document: most answers of a sale are this one, and it need be neither written nor
    /// read each time.
    pub const SOLD_OUT: &'static [u8] = br#"{"outcome":"sold_out"}"#;

    /// Reads a lane's answer.
    ///
    /// # Errors
    /// When it is none.
    pub fn read(document: &[u8]) -> serde_json::Result<Self> {
        if document == Self::SOLD_OUT { Ok(Self::SoldOut) } else { read(document) }
    }
}

/// A product whose price is not the one that the shopper was shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedPrice {
    /// Which.
    pub sku: String,
    /// What one costs now.
    pub price_cents: i64,
    /// What the shopper was shown.
    pub shown_cents: i64,
}

/// An order as services and shoppers see it: `GET /internal/orders/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderView {
    /// Its id.
    pub order_id: String,
    /// Whose it is.
    pub shopper_id: String,
    /// What was bought; of several products the first.
    pub sku: String,
    /// How many of that.
    pub quantity: i64,
    /// The price of all units of all products.
    pub amount_cents: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// A word of the order state machine.
    pub status: String,
    /// Why it did not end well, if it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// All lines, in SKU order, the first one included; none when there is only that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<OrderLine>,
}

/// A line of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderLine {
    /// What was bought.
    pub sku: String,
    /// How many.
    pub quantity: i64,
    /// The price of all its units.
    pub amount_cents: i64,
}

impl OrderView {
    /// What was bought, line by line: SKU, units and their price.
    pub fn each_line(&self) -> impl Iterator<Item = (&str, i64, i64)> {
        let only = self.lines.is_empty().then_some((&*self.sku, self.quantity, self.amount_cents));
        only.into_iter().chain(self.lines.iter().map(|line| (&*line.sku, line.quantity, line.amount_cents)))
    }
}

/// A shopper's wish to cancel: `POST /internal/orders/{id}/cancel`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelRequest {
    /// Who is asking; another shopper's order is not found.
    pub shopper_id: String,
}

/// The answer to a cancellation; HTTP 200 whatever it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum CancelAnswer {
    /// The order will be cancelled: now, or since an earlier request.
    Cancelling {
        /// The order.
        order: OrderView,
    },
    /// The order has been cancelled, and its money given back.
    Cancelled {
        /// The order.
        order: OrderView,
    },
    /// The order is in a state that cannot be cancelled; nothing was done.
    Refused {
        /// The order.
        order: OrderView,
    },
    /// This shopper has no such order.
    UnknownOrder,
    /// Postgres is away; nothing was done.
    Unavailable,
    /// The answer to COMMIT was lost; asking again is safe.
    Unknown,
}

/// A product as the lanes and the gateway know it: `GET /internal/products` answers a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Product {
    /// Its id.
    pub sku: String,
    /// Price of one unit.
    pub price_cents: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Whether the flash lane sells it.
    pub flash: bool,
}

/// `GET /internal/products/{sku}/availability`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    /// The product.
    pub sku: String,
    /// Units that can be bought now; never negative.
    pub available: i64,
    /// When that was so, in milliseconds since the Unix epoch.
    pub as_of_ms: i64,
    /// Where the figure is from.
    pub source: AvailabilitySource,
}

/// Where an availability figure is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AvailabilitySource {
    /// The Redis counter.
    Gate,
    /// Postgres, while Redis is away.
    Database,
}

/// What was bought with a product: `GET /internal/recommendations/{sku}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recommendations {
    /// The product.
    pub sku: String,
    /// The others, the most frequent first.
    pub bought_with: Vec<BoughtWith>,
}

/// A product that was bought with another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoughtWith {
    /// Which.
    pub sku: String,
    /// In how many orders.
    pub orders: i64,
}

/// What somebody signs up and in with. It has no `Debug`: nobody writes it down.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    /// In lower case.
    pub email: String,
    /// As it was typed.
    pub password: String,
}

/// An account that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its id, which is also that of the shopper.
    pub account_id: String,
    /// `shopper`, `merchant` or `admin`.
    pub role: String,
}

/// What a sign-in came to.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SignInAnswer {
    /// A session was opened.
    Opened {
        /// Which.
        session: OpenSession,
    },
    /// There is no such account, or the password is another: nobody is told which.
    Wrong,
    /// Too many have failed.
    Limited {
        /// When to come again, in milliseconds.
        retry_after_ms: u64,
    },
}

/// A session as whoever opened it is told, once. It has no `Debug`: it holds the token.
#[derive(Clone, Serialize, Deserialize)]
pub struct OpenSession {
    /// What it is called.
    pub session_id: String,
    /// Whose it is.
    pub account_id: String,
    /// What opens it.
    pub token: String,
    /// When it ends, in milliseconds since the Unix epoch.
    pub expires_at_ms: i64,
}

/// A token that somebody shows: `POST /internal/sessions/check`.
#[derive(Clone, Serialize, Deserialize)]
pub struct SessionCheck {
    /// The token.
    pub token: String,
}

/// Whose session a token opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionOf {
    /// What it is called.
    pub session_id: String,
    /// Whose it is.
    pub account_id: String,
    /// The account's role.
    pub role: String,
}

/// A session in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionView {
    /// What it is called.
    pub session_id: String,
    /// When it was opened, in milliseconds since the Unix epoch.
    pub created_at_ms: i64,
    /// When it ends, in milliseconds since the Unix epoch.
    pub expires_at_ms: i64,
}

/// What a cart is told to have of a SKU: `PUT /internal/carts/{id}/items/{sku}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CartPut {
    /// How many, at least one.
    #[serde(deserialize_with = "whole_number::read")]
    pub quantity: i64,
}

/// A guest's cart to be taken over: `POST /internal/carts/{id}/merge`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartMerge {
    /// Which; it ends.
    pub guest_cart_id: String,
}

/// What was bought of a cart: `POST /internal/carts/{id}/bought`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartBought {
    /// SKUs and quantities.
    pub lines: Vec<(String, i64)>,
}

/// A cart, as every request to `/internal/carts` is answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartView {
    /// Its id.
    pub cart_id: String,
    /// Its lines, in SKU order.
    pub lines: Vec<CartLine>,
    /// What all of it costs now; SKUs that are sold no longer cost nothing.
    pub total_cents: i64,
    /// How long it lives if nobody uses it, in seconds.
    pub expires_in_s: u64,
}

/// A line of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    /// What.
    pub sku: String,
    /// How many.
    pub quantity: i64,
    /// The price of one when the line was last set.
    pub price_when_added_cents: i64,
    /// The price of one now; none when it is sold no longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price_cents: Option<i64>,
    /// ISO 4217, lower case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// The topic of order events.
pub const ORDER_TOPIC: &str = "orders";
/// The topic of the catalog's change stream, keyed by SKU: named as Debezium names the topic of the table `public.products`
/// under the prefix `catalog`.
pub const CATALOG_TOPIC: &str = "catalog.public.products";

/// An order event, as the outbox stores it and consumers read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderEvent {
    /// Names the event for good.
    pub event_id: String,
    /// What happened.
    pub kind: OrderEventKind,
    /// The order, as it stood then.
    pub order: OrderView,
}

impl OrderEvent {
    /// The event that `order` came to be so. An order comes to each state once, so its id and the kind name the event.
    #[must_use]
    pub fn of(kind: OrderEventKind, order: OrderView) -> Self {
        Self { event_id: format!("{}:{}", order.order_id, kind.as_str()), kind, order }
    }
}

/// What happened to an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderEventKind {
    /// Paid and committed.
    OrderConfirmed,
    /// Ended with its money given back.
    OrderRefunded,
    /// Cancelled after it was confirmed.
    OrderCancelled,
    /// Handed to the carrier.
    OrderShipped,
    /// With the shopper.
    OrderDelivered,
}

impl OrderEventKind {
    /// The word in `outbox.kind` and in event ids.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OrderConfirmed => "order_confirmed",
            Self::OrderRefunded => "order_refunded",
            Self::OrderCancelled => "order_cancelled",
            Self::OrderShipped => "order_shipped",
            Self::OrderDelivered => "order_delivered",
        }
    }
}
