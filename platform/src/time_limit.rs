//! A time limit for a future, for paths that run thousands of times a second.
//!
//! `tokio::time::timeout` polls its timer each time the future makes a step. A runtime that cannot take a timer back, as
//! the simulator's, then keeps an entry for every one of those polls until its time has come, and wakes a task that has
//! long gone on. Here the timer is set once.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::{Poll, Waker};
use std::time::Duration;

/// The time ran out before the future was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Elapsed;

/// Runs `future` for at most `limit`.
///
/// # Errors
/// [`Elapsed`] when the time ran out; the future is then dropped where it stands.
pub async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Result<T, Elapsed> {
    let mut future = pin!(future);
    let mut timer = pin!(tokio::time::sleep(limit));
    let mut set_for: Option<Waker> = None;
    poll_fn(|context| {
        if let Poll::Ready(done) = future.as_mut().poll(context) {
            return Poll::Ready(Ok(done));
        }
        let is_set = set_for.as_ref().is_some_and(|waker| waker.will_wake(context.waker()));
        if is_set && !timer.is_elapsed() {
            return Poll::Pending;
        }
        set_for = Some(context.waker().clone());
        timer.as_mut().poll(context).map(|()| Err(Elapsed))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_done_in_time_comes_through() {
        assert_eq!(within(Duration::from_secs(60), async { 7 }).await, Ok(7));
    }

    #[tokio::test]
    async fn what_takes_too_long_is_given_up() {
        let late = within(Duration::from_millis(2), std::future::pending::<()>()).await;
        assert_eq!(late, Err(Elapsed));
    }

    #[tokio::test]
    async fn steps_on_the_way_do_not_move_the_limit() {
        let steps = async {
            loop {
                tokio::task::yield_now().await;
            }
        };
        assert_eq!(within::<()>(Duration::from_millis(5), steps).await, Err(Elapsed));
    }
}
