//! What was seen of a load: times, outcomes, and how well the schedule was kept.
//!
//! | file | what it holds |
//! |---|---|
//! | `seen.rs` | what shoppers tell their lane |
//! | `tally.rs` | all of it, added up |
//! | `window.rs` | targets that end a load early |
//! | `fairness.rs` | whether who came earlier was served |

mod fairness;
mod seen;
mod tally;
mod window;

pub use fairness::{Fairness, fairness};
pub use seen::{Answered, Ended, Seen};
pub use tally::{EndpointTally, Tally};
pub use window::Windowed;
