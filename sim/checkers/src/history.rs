//! What was observed during a run: the events, the names they refer to, and the store that keeps them.
//!
//! How a world observes them (commit feeds, script replies, a proxy) is the world's business.

mod answer;
mod event;
mod interner;
mod names;
mod per_order;
mod shop;
mod source;
mod status;
mod steps;
mod store;

pub use answer::Answer;
pub use event::{Event, EventKind};
pub use names::{IntentRef, NoteRef, OrderEvent, OrderRef, Sku};
pub use shop::{CartEnd, CartRef, PageEnd, PageRef, ShopEvent};
pub use source::Source;
pub use status::Status;
pub use steps::{CardStep, Consumer, HoldStep, Movement};
pub use store::{Counts, History, OrderNow};

pub(crate) use per_order::PerOrder;
