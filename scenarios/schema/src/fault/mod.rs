//! Faults: who can be struck, the kinds with their parameters, and a fault at its time.
//!
//! Drawing them from a seed is left to `draw.rs`, striking to the worlds.

mod aim;
mod declare;
mod hosts;
mod kinds;
mod scheduled;

pub(crate) use aim::Aim;
pub use hosts::{Consumer, Host, Role};
pub use kinds::{Fault, FaultKind};
pub use scheduled::{FaultsDrawn, ScheduledFault};
