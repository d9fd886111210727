//! HTTP/1 on a socket, with limits on what one client may cost.
//!
//! A client that dawdles, says nothing, sends too much or never reads must cost a connection for a while and nothing else:
//! [`Limits`] has what each of them is given. `platform serve` and the simulated world that carries bytes take their
//! connections through here, so that what is attacked there is what is served here.
//!
//! | file | what it is |
//! |---|---|
//! | [`limits`] | what a client is given |
//! | [`serve`] | takes connections, until told to stop |
//! | [`body_in_time`] | a request's body, which has to come in time |
//! | [`patient`] | a socket whose client has to take what it is sent |

// In a build for madsim there is no tokio to run on.
#![cfg(not(madsim))]

pub mod body_in_time;
pub mod limits;
pub mod patient;
pub mod serve;

pub use limits::Limits;
pub use serve::{Listener, serve};
