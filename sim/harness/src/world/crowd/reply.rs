//! A shopper's end of a request: how its answer, or its loss, comes home to the crowd.

use std::time::Duration;

use bytes::Bytes;
use checkers::history::Answer;
use http::Response;

use super::{Crowd, answer};
use crate::world::stage::{ReplyTo, Stage};

/// The shopper's end of a checkout.
pub(super) struct CheckoutReply<S: Stage> {
    pub(super) crowd: Crowd<S>,
    pub(super) visit: u32,
    pub(super) attempt: u16,
    pub(super) sent_us: i64,
    pub(super) patience: Duration,
    pub(super) answered: bool,
}

impl<S: Stage> ReplyTo for CheckoutReply<S> {
    fn answer(mut self, response: Response<Bytes>) {
        self.answered = true;
        let answer = answer::read(&response, |order_id| self.crowd.observer.order(order_id));
        self.crowd.answered(self.visit, self.attempt, self.sent_us, answer);
        self.crowd.wake_if_due();
    }

    fn lose(mut self) {
        self.answered = true;
    }

    fn patience(&self) -> Option<Duration> {
        Some(self.patience)
    }
}

impl<S: Stage> Drop for CheckoutReply<S> {
    fn drop(&mut self) {
        if !self.answered {
            self.crowd.answered(self.visit, self.attempt, self.sent_us, Answer::Reset);
            self.crowd.wake_if_due();
        }
    }
}

/// The shopper's end of a status request.
pub(super) struct StatusReply<S: Stage> {
    pub(super) crowd: Crowd<S>,
    pub(super) visit: u32,
    /// The key whose order was asked after.
    pub(super) key: u32,
    pub(super) answered: bool,
}

impl<S: Stage> ReplyTo for StatusReply<S> {
    fn answer(mut self, response: Response<Bytes>) {
        self.answered = true;
        let answer = answer::read_status(&response, |order_id| self.crowd.observer.order(order_id));
        self.crowd.polled(self.visit, self.key, answer);
        self.crowd.wake_if_due();
    }

    fn lose(mut self) {
        // Silence would leave the shopper asking forever; its program gives up at once instead.
        self.answered = true;
        self.crowd.polled(self.visit, self.key, None);
        self.crowd.wake_if_due();
    }
}

impl<S: Stage> Drop for StatusReply<S> {
    fn drop(&mut self) {
        if !self.answered {
            self.crowd.polled(self.visit, self.key, None);
            self.crowd.wake_if_due();
        }
    }
}

/// A request whose answer nobody waits for.
pub(super) struct Unheard;

impl ReplyTo for Unheard {
    fn answer(self, _response: Response<Bytes>) {}

    fn lose(self) {}
}
