//! One shopper on its way: who it is, and how it asks.

use std::sync::Arc;

use arrivals::{Cohort, Shopper};
use bytes::Bytes;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::{sleep_until, timeout_at};

use crate::answer::Answer;
use crate::endpoint::Endpoint;
use crate::measure::{Answered, Seen};
use crate::shop::{Cart, Shop};

/// A shopper on its way.
pub struct Visitor {
    /// What all share.
    pub shop: Arc<Shop>,
    /// What it is like.
    pub shopper: Shopper,
    /// What it wants: a place in the catalogue.
    pub product: usize,
    /// When it was due, in microseconds.
    pub arrived_us: u64,
    /// When its last click under a new key was due, in microseconds.
    pub clicked_us: u64,
    /// The orders it won.
    pub orders: Vec<Box<str>>,
    /// The price it was shown, if it says so.
    pub(super) shown_price_cents: Option<i64>,
    /// The cart it buys, instead of one product.
    pub(super) cart: Option<Cart>,
    pub(super) id: HeaderValue,
    /// Its own choices: what it does depends on nobody else's draws.
    pub(super) choices: ChaCha8Rng,
    seen: UnboundedSender<Seen>,
}

impl Visitor {
    /// Shopper `index` of the run's crowd, due at this time.
    #[must_use]
    pub fn new(shop: &Arc<Shop>, seed: u64, index: u64, arrived_us: u64, seen: UnboundedSender<Seen>) -> Self {
        let shopper = Shopper::draw(&shop.scenario.shoppers.crowd(), seed, index);
        let mut key = [0; 32];
        key[..16].copy_from_slice(&shopper.key.to_le_bytes());
        Self {
            product: shop.catalogue.pick(shopper.product_draw),
            id: shop.shopper_id(index),
            choices: ChaCha8Rng::from_seed(key),
            shop: Arc::clone(shop),
            shopper,
            arrived_us,
            clicked_us: arrived_us,
            orders: Vec::new(),
            shown_price_cents: None,
            cart: None,
            seen,
        }
    }

    /// Tells what was seen. The lane listens until every shopper has gone.
    pub fn tell(&self, seen: Seen) {
        // Only a lane that was torn down does not listen, and then nobody counts any more.
        drop(self.seen.send(seen));
    }

    /// A second pair of hands of the same shopper.
    pub(super) fn again(&self) -> Self {
        Self {
            shop: Arc::clone(&self.shop),
            shopper: self.shopper,
            product: self.product,
            arrived_us: self.arrived_us,
            clicked_us: self.clicked_us,
            orders: Vec::new(),
            shown_price_cents: self.shown_price_cents,
            cart: self.cart.clone(),
            id: self.id.clone(),
            choices: self.choices.clone(),
            seen: self.seen.clone(),
        }
    }

    /// What this shopper's network adds to the way of a request, in microseconds.
    pub(super) fn on_its_way_us(&self) -> u64 {
        match self.shopper.cohort {
            Cohort::SlowNetwork => u64::from(self.shop.scenario.shoppers.slow_network_add_ms) * 1_000,
            Cohort::Ordinary | Cohort::Bot => 0,
        }
    }

    /// Waits until a time of the load's clock.
    pub(super) async fn wait_until(&self, at_us: u64) {
        sleep_until(self.shop.clock.at(at_us)).await;
    }

    /// Sends a request that was due at `due_us`, waits for its answer as long as this shopper does, and tells both times:
    /// how long the platform had it, and how long after it was due the answer was there.
    pub(super) async fn ask(
        &self,
        endpoint: Endpoint,
        request: Request<Full<Bytes>>,
        due_us: u64,
        read: impl FnOnce(&Response<Bytes>) -> Answer,
    ) -> Answer {
        let clock = &self.shop.clock;
        let sent_us = clock.now_us();
        let patience = clock.at(due_us.max(sent_us) + u64::from(self.shopper.timeout_ms) * 1_000);
        let (status, answer) = match timeout_at(patience, self.shop.client.send(request)).await {
            Ok(Ok(response)) => (response.status().as_u16(), read(&response)),
            Ok(Err(lost)) => (0, lost.into()),
            Err(_) => (0, Answer::TimedOut),
        };
        let at_us = clock.now_us();
        self.tell(Seen::Answered(Answered {
            endpoint,
            status,
            answer: answer.clone(),
            at_us,
            service_us: at_us - sent_us,
            response_us: at_us.saturating_sub(due_us),
        }));
        answer
    }
}
