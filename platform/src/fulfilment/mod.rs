//! Fulfilment: from a committed order to the shopper's door, by events.
//!
//! | part | what it does |
//! |---|---|
//! | [`outbox`] | writes events down in the transaction of what they tell of |
//! | [`relay`] | appends them to the log, in order, at least once |
//! | [`consumer`] | takes them up, once each, in the transaction of their effect |
//! | [`notification`], [`analytics`], [`warehouse`], [`recommendations`] | the effects |
//!
//! Nothing here decides about money or stock.

pub mod analytics;
pub mod consumer;
pub mod notification;
pub mod outbox;
pub mod recommendations;
pub mod relay;
pub mod warehouse;

pub use outbox::publish_now;

use std::sync::Arc;

use ports::sql::SqlValue;

/// A `text[]` parameter of one part of each item.
fn texts<'a, T>(items: &'a [T], part: impl Fn(&'a T) -> &'a str) -> SqlValue {
    SqlValue::TextArray(items.iter().map(|item| Arc::from(part(item))).collect())
}
