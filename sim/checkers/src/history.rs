//! What was observed during a run: the events, the names they refer to, and the store that keeps them.
//!
//! How a world observes them (commit feeds, script replies, a proxy) is the world's business.

mod event;
mod interner;
mod names;
mod per_order;
mod status;
mod store;

pub use event::{Answer, CardStep, Consumer, Event, EventKind, HoldStep, Movement};
pub use names::{IntentRef, NoteRef, OrderEvent, OrderRef, Sku};
pub use status::Status;
pub use store::{Counts, History, OrderNow};

pub(crate) use per_order::PerOrder;
