//! One shopper's visit: what was drawn for it, where it stands, and what it does after an answer.

use std::time::Duration;

use arrivals::{Abandon, Cohort};
use checkers::history::{Answer, EventKind, OrderRef, ShopEvent, Sku};
use record::Outcome;

use super::{Arrival, Habits};

/// How often a pending order is asked after, at most.
const POLLS: u8 = 60;
/// The wait before the first question, in microseconds.
const POLL_US: i64 = 400_000;

/// One shopper's visit. A shopper has one key at a time; all its requests are under that key.
#[derive(Debug, Clone, Copy)]
pub(super) struct Visit {
    pub(super) key: u32,
    /// The number this shopper goes by.
    pub(super) name: u32,
    pub(super) sku: Sku,
    /// The price the checkout insists on, if any was looked at.
    pub(super) shown_cents: Option<i64>,
    accepts_price: bool,
    pub(super) quantity: u32,
    pub(super) cohort: Cohort,
    pub(super) card: Card,
    pub(super) prefers_async: bool,
    pub(super) timeout_us: i64,
    pub(super) second_click_after_us: Option<i64>,
    pub(super) leaves_after_us: Option<i64>,
    pub(super) waits: bool,
    /// When the current key was first used, in microseconds.
    pub(super) clicked_us: i64,
    pub(super) sent_us: i64,
    /// Requests sent under the current key.
    pub(super) attempt: u16,
    /// The attempts whose answers are still awaited, one bit each; the numbers wrap after 64.
    open: u64,
    pub(super) order: Option<OrderRef>,
    retries_left: u16,
    retries: u16,
    polls_left: u8,
    over: bool,
}

/// The card a shopper pays with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Card {
    /// Works.
    Good,
    /// Is declined, however often it is tried.
    Declined,
    /// Asks for an authentication that the shopper never gives.
    NeverAuthenticates,
}

/// What a shopper does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Waits for another request of the same key.
    Nothing,
    /// Sends the same request again.
    Retry {
        /// After this long, in microseconds.
        after_us: i64,
    },
    /// Asks what became of its order.
    Poll {
        /// After this long, in microseconds.
        after_us: i64,
    },
    /// Has accepted another price, and clicks again under a new key.
    BuyAtNewPrice,
    /// Is done.
    End(Outcome),
}

/// A shopper's number as an index.
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).expect("a shopper's number fits an index")
}

fn bit(attempt: u16) -> u64 {
    1 << (attempt % 64)
}

impl Visit {
    pub(super) fn new(arrival: &Arrival, number: u32, key: u32, waits: bool, now_us: i64) -> Self {
        let shopper = &arrival.shopper;
        let card = match shopper.abandon {
            Some(Abandon::NeverPays) => Card::NeverAuthenticates,
            Some(Abandon::Disconnects { .. }) | None if shopper.card_declined => Card::Declined,
            Some(Abandon::Disconnects { .. }) | None => Card::Good,
        };
        let leaves_after_us = match shopper.abandon {
            Some(Abandon::Disconnects { after_ms }) => Some(i64::from(after_ms) * 1_000),
            Some(Abandon::NeverPays) | None => None,
        };
        let retries = u16::try_from(shopper.retries).unwrap_or(u16::MAX);
        Self {
            key,
            name: arrival.number.unwrap_or(number),
            sku: arrival.sku,
            shown_cents: arrival.shown_cents,
            accepts_price: arrival.accepts_price,
            quantity: shopper.quantity,
            cohort: shopper.cohort,
            card,
            prefers_async: shopper.prefers_async,
            timeout_us: i64::from(shopper.timeout_ms) * 1_000,
            second_click_after_us: shopper.second_click_after_ms.map(|ms| i64::from(ms) * 1_000),
            leaves_after_us,
            waits,
            clicked_us: now_us,
            sent_us: now_us,
            attempt: 0,
            open: 0,
            order: None,
            retries_left: retries,
            retries,
            polls_left: POLLS,
            over: false,
        }
    }

    /// What this shopper's network adds to a request, in microseconds.
    pub(super) fn added_us(&self, slow_network_us: i64) -> i64 {
        match self.cohort {
            Cohort::SlowNetwork => slow_network_us,
            Cohort::Ordinary | Cohort::Bot => 0,
        }
    }

    /// How long the shopper waits for the answer to a request sent now; one that is about to leave waits no longer.
    pub(super) fn patience(&self, now_us: i64) -> Duration {
        let leaves_us = self.leaves_after_us.map_or(i64::MAX, |after_us| self.clicked_us + after_us - now_us);
        Duration::from_micros(u64::try_from(self.timeout_us.min(leaves_us)).unwrap_or(0))
    }

    /// The price that the checkouts under the current key insist on, as an event.
    pub(super) fn offered(&self) -> Option<EventKind> {
        let price_cents = u32::try_from(self.shown_cents?).unwrap_or(u32::MAX);
        Some(EventKind::Shop(ShopEvent::Offered { key: self.key, price_cents }))
    }

    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// Sends another request; returns its number.
    pub(super) fn open_attempt(&mut self, now_us: i64) -> u16 {
        self.attempt = self.attempt.saturating_add(1);
        self.open |= bit(self.attempt);
        self.sent_us = now_us;
        self.attempt
    }

    /// Ends an attempt; returns whether anyone was still listening for its answer.
    pub(super) fn close_attempt(&mut self, attempt: u16) -> bool {
        let was_open = self.open & bit(attempt) != 0;
        self.open &= !bit(attempt);
        was_open && !self.over
    }

    /// Requests that were neither answered nor given up.
    pub(super) fn unanswered(&self) -> u64 {
        u64::from(self.open.count_ones())
    }

    pub(super) fn finish(&mut self) {
        self.over = true;
    }

    /// Starts over with a new key.
    pub(super) fn renew(&mut self, key: u32, now_us: i64) {
        self.key = key;
        self.clicked_us = now_us;
        self.open = 0;
        self.order = None;
        self.retries_left = self.retries;
        self.polls_left = POLLS;
    }

    /// What the shopper does after an answer.
    pub(super) fn after(&mut self, answer: Answer, habits: &Habits) -> Next {
        match answer {
            Answer::Won { order } => {
                self.order = Some(order);
                Next::End(Outcome::Won)
            }
            Answer::Pending { order } => {
                let known = self.order.replace(order).is_some();
                if known { Next::Nothing } else { Next::Poll { after_us: POLL_US } }
            }
            Answer::Declined { .. } => Next::End(Outcome::Declined),
            // Whoever never meant to pay has left; the platform has not failed them.
            Answer::Ended { .. } if self.card == Card::NeverAuthenticates => Next::End(Outcome::Abandoned),
            Answer::Ended { .. } => Next::End(Outcome::Failed),
            // Another request of this key is at work; its answer is the one that counts.
            Answer::InFlight if self.open != 0 || self.order.is_some() => Next::Nothing,
            // Another request of this key may have bought at the price that was shown.
            Answer::PriceChanged { .. } if self.open != 0 || self.order.is_some() => Next::Nothing,
            Answer::PriceChanged { price_cents } if self.accepts_price => {
                self.shown_cents = Some(i64::from(price_cents));
                Next::BuyAtNewPrice
            }
            // Who does not want it at that price leaves of their own will.
            Answer::PriceChanged { .. } => Next::End(Outcome::Abandoned),
            Answer::SoldOut => self.unless_open(Outcome::SoldOut),
            Answer::Limited => self.retry_or(Outcome::Limited, habits),
            Answer::InFlight | Answer::Unavailable | Answer::Failed { .. } => self.retry_or(Outcome::Failed, habits),
            Answer::Reset | Answer::TimedOut => self.retry_or(Outcome::TimedOut, habits),
            Answer::KeyReused | Answer::Rejected { .. } => self.unless_open(Outcome::Failed),
        }
    }

    /// What the shopper does when its order is still pending, or nothing could be learnt of it.
    pub(super) fn after_poll(&mut self) -> Next {
        if self.polls_left == 0 {
            return Next::End(Outcome::Queued);
        }
        self.polls_left -= 1;
        let asked = i64::from(POLLS - self.polls_left);
        Next::Poll { after_us: POLL_US * asked.min(5) }
    }

    fn unless_open(&self, outcome: Outcome) -> Next {
        if self.open != 0 || self.order.is_some() { Next::Nothing } else { Next::End(outcome) }
    }

    fn retry_or(&mut self, outcome: Outcome, habits: &Habits) -> Next {
        if self.open != 0 || self.order.is_some() {
            return Next::Nothing;
        }
        if self.retries_left == 0 {
            return Next::End(outcome);
        }
        let doubled = (self.retries - self.retries_left).min(6);
        self.retries_left -= 1;
        let after_us = match self.cohort {
            Cohort::Bot => habits.bot_retry_us,
            Cohort::Ordinary | Cohort::SlowNetwork => habits.retry_backoff_us << doubled,
        };
        Next::Retry { after_us }
    }
}
