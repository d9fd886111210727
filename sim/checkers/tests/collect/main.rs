//! Reading the stores through the ports: what is asked for, and what is made of the answers.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed, and says where")]

mod cards;
mod gate;
mod tables;
mod topic;

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Runs a future none of whose ports ever makes it wait.
pub(crate) fn now<T>(future: impl Future<Output = T>) -> T {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("a port made the reader wait"),
    }
}
