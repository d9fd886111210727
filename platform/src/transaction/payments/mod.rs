//! Payments: the card gateway's client, the steps of paying and of giving back, and the intake of webhooks.
//!
//! | module | what it does |
//! |---|---|
//! | `intent` | the gateway's answers, read and classified; pure |
//! | `form` | parameters as the gateway takes them; pure |
//! | `client` | one request each: authorize, capture, cancel, refund, read back |
//! | `pay` | authorize and capture as the saga does it |
//! | `give_back` | what compensation does: make sure that nothing more is captured, and refund what was |
//! | `webhook`, `signature` | `POST /webhooks/payments` |
//!
//! Every request that changes something carries an idempotency key made from the order id. The gateway replays the first
//! answer of a key, whatever it was; an answer of 5xx says nothing of the effect, and then only reading back tells.

mod client;
mod form;
mod give_back;
mod intent;
mod pay;
mod signature;
mod webhook;

pub(crate) use client::Payments;
pub use client::{API_VERSION, VERSION_HEADER};
pub(crate) use give_back::Ended;
pub(crate) use intent::Money;
pub(crate) use pay::Payment;
pub use webhook::webhook_router;
