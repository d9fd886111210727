//! The arrival executor: one goose transaction that lives as long as the load, and lets shoppers in when they are due.
//!
//! A goose user per shopper would pace itself by the platform's answers. A lane is a goose user that never asks anything
//! itself: it starts each shopper as a task of its own at the time the schedule says, hears what they saw, and hands the
//! times to goose from the moment they were due.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use goose::goose::GooseUser;
use goose::prelude::TransactionResult;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::time::sleep_until;

use crate::endpoint;
use crate::journey::{self, Visitor};
use crate::measure::{Seen, Tally};
use crate::shop::Shop;

/// What is taken in at once.
const BATCH: usize = 512;

/// What a lane is given.
#[derive(Clone)]
pub struct Lane {
    /// What all shoppers share.
    pub shop: Arc<Shop>,
    /// The seed of schedule and crowd.
    pub seed: u64,
    /// The arrivals of this lane: who, and when in microseconds.
    pub arrivals: Arc<Vec<(u64, u64)>>,
    /// Where everything is added up.
    pub tally: Arc<Mutex<Tally>>,
    /// Turns true when nobody is to be let in any more.
    pub stop: watch::Receiver<bool>,
}

impl Lane {
    /// Plays the lane to its end: until every shopper it let in has gone.
    ///
    /// # Errors
    /// When goose no longer takes what was seen.
    pub async fn play(mut self, user: &mut GooseUser) -> TransactionResult {
        self.shop.clock.begin();
        let (sender, mut seen) = unbounded_channel();
        let mut sender = Some(sender);
        let arrivals = Arc::clone(&self.arrivals);
        let mut due = arrivals.iter().copied().peekable();
        let timer = sleep_until(self.shop.clock.at(due.peek().map_or(0, |(_, at_us)| *at_us)));
        tokio::pin!(timer);
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(entrance) = &sender {
            tokio::select! {
                biased;
                () = stopped(&mut self.stop) => sender = None,
                () = &mut timer => {
                    let now_us = self.shop.clock.now_us();
                    while let Some((index, at_us)) = due.next_if(|(_, at_us)| *at_us <= now_us) {
                        self.let_in(index, at_us, now_us, entrance);
                    }
                    match due.peek() {
                        Some((_, at_us)) => timer.as_mut().reset(self.shop.clock.at(*at_us)),
                        None => sender = None,
                    }
                }
                _ = seen.recv_many(&mut batch, BATCH) => self.take_in(user, &mut batch).await?,
            }
        }
        self.wait_for_the_last(user, &mut seen, batch).await
    }

    /// Shoppers hold the other ends; the channel closes when the last has gone.
    async fn wait_for_the_last(
        &self,
        user: &mut GooseUser,
        seen: &mut UnboundedReceiver<Seen>,
        mut batch: Vec<Seen>,
    ) -> TransactionResult {
        while seen.recv_many(&mut batch, BATCH).await > 0 {
            self.take_in(user, &mut batch).await?;
        }
        Ok(())
    }

    fn let_in(&self, index: u64, at_us: u64, now_us: u64, entrance: &UnboundedSender<Seen>) {
        let is_in = self.tally.lock().unwrap_or_else(PoisonError::into_inner).start(at_us, now_us);
        if is_in {
            tokio::spawn(journey::visit(Visitor::new(&self.shop, self.seed, index, at_us, entrance.clone())));
        }
    }

    async fn take_in(&self, user: &mut GooseUser, batch: &mut Vec<Seen>) -> TransactionResult {
        for seen in batch.iter() {
            let Seen::Answered(answered) = seen else { continue };
            let (method, name) = endpoint::request(answered.endpoint);
            let success = !answered.answer.is_error();
            let error = (!success).then(|| answered.answer.name());
            let took = Duration::from_micros(answered.response_us);
            user.record_custom_request_duration(method, name, took, success, Some(answered.status), error).await?;
        }
        let mut tally = self.tally.lock().unwrap_or_else(PoisonError::into_inner);
        batch.drain(..).for_each(|seen| tally.add(seen));
        Ok(())
    }
}

/// Returns when the load is to end early; never, when whoever could say so is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    if stop.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}
