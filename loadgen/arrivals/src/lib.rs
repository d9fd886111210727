//! The seeded open-loop arrival schedule that every world follows.
//!
//! Open loop: a shopper arrives when the schedule says so, whether or not the platform keeps up. The schedule and
//! each shopper's temper are functions of the seed alone, so the simulator and a load generator on another machine
//! see the same crowd, byte for byte.
//!
//! Nothing here uses floating-point transcendentals (`exp`, `ln`, `pow`): their last bits differ between platforms'
//! libm. Curves are built in fixed point ([`curve`]), random positions from whole ChaCha words (`uniform.rs`).
//!
//! | file | what it holds |
//! |---|---|
//! | `stream.rs` | one ChaCha generator per purpose, all from one seed |
//! | `curve.rs` | the shapes a stage can have, as slot weights |
//! | `halving.rs` | 2^-x in fixed point, for the flash curve |
//! | `uniform.rs` | sorted uniform positions, streamed |
//! | `schedule.rs` | stages and a total turned into arrival times |
//! | `shopper.rs` | what one shopper is like, by index |
//! | `zipf.rs` | popularity that falls with rank |
//!
//! Reading scenario files is left to the `scenario` crate, sending requests to the worlds.

pub mod curve;
mod halving;
mod schedule;
mod shopper;
mod stream;
mod uniform;
mod zipf;

pub use curve::{Curve, Stage};
pub use schedule::{Schedule, ScheduleError};
pub use shopper::{Abandon, Cohort, Crowd, Shopper};
pub use stream::{Purpose, below, generator};
pub use zipf::zipf_weights;
