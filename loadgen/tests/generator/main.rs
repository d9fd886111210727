//! The generator's own truth, against servers whose behaviour is known.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod command;
mod omission;
mod played;
mod server;
mod validity;
