//! The gateway under a hostile network: clients that dawdle, say too much or nothing, never read or break off, beside a sale
//! that goes on.
//!
//! What takes their connections is `http-server`, as in `platform serve`, with its limits as they are by default. A siege
//! shows what hostile clients met with, and what the gateways still keep of them when it is over.

pub mod attack;
pub mod client;
pub mod siege;

pub use attack::Attack;
pub use siege::{Aftermath, Siege, lay};
