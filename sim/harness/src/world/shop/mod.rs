//! The shop around the sale: visitors who look at pages, fill carts and then come to the checkout, and a merchant who
//! changes prices meanwhile.
//!
//! Unlike the crowd, a visitor is a task: there are thousands of them and not half a million, and what they do is easier
//! read in one piece. Whoever is ready to buy is handed to the crowd, with the price that was shown.

mod cart;
mod merchant;
mod page;
mod rows;
mod visitor;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arrivals::{Purpose, below, generator};
use bytes::Bytes;
use checkers::history::{EventKind, ShopEvent};
use http::{Request, Response};
use platform::time_limit::within;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use record::Histogram;
use scenario::{Catalogue, Scenario};
use tokio::sync::oneshot;

use super::crowd::{Arrival, Crowd, GATEWAY};
use super::hosts::postgres::PostgresHost;
use super::network::NodeIndex;
use super::observer::Observer;
use super::stage::{Dispatched, Stage};
use super::time::Timeline;

use merchant::Merchant;
pub use rows::first_rows;
use visitor::Visitor;

/// How long a visitor waits for an answer.
const PATIENCE: Duration = Duration::from_millis(3_000);

/// What visitors did, for figures.
#[derive(Debug, Clone, Default)]
pub struct Figures {
    /// Looks at pages.
    pub views: u64,
    /// Visitors who put something into a cart.
    pub carts: u64,
    /// Visitors who left without coming to the checkout: what they wanted could not be seen.
    pub left: u64,
    /// How long pages took.
    pub page_latencies: Histogram,
}

/// The visitors of one run. Cloning shares them.
#[derive(Clone)]
pub struct Shop<S: Stage> {
    inner: Arc<Inner<S>>,
}

struct Inner<S: Stage> {
    setup: Setup<S>,
    catalogue: Catalogue,
    /// Products in the scenario's order, by [`Sku`](checkers::history::Sku).
    skus: Vec<String>,
    figures: Mutex<Figures>,
}

/// What a shop is set up from.
pub struct Setup<S: Stage> {
    /// The scenario; it has browsing.
    pub scenario: Scenario,
    /// The seed.
    pub seed: u64,
    /// The platform.
    pub processes: S,
    /// Where visitors are on the network.
    pub at: NodeIndex,
    /// Virtual time.
    pub timeline: Timeline,
    /// Who watches.
    pub observer: Observer,
    /// Where those go who are ready to buy.
    pub crowd: Crowd<S>,
    /// The catalog's database.
    pub catalog: Arc<PostgresHost>,
    /// The database of orders.
    pub orders: Arc<PostgresHost>,
}

impl<S: Stage> Shop<S> {
    /// Nobody has come yet. The crowd goes on until [`Shop::run`] has ended.
    #[must_use]
    pub fn new(setup: Setup<S>) -> Self {
        setup.crowd.expect_one();
        let catalogue = setup.scenario.catalogue();
        let skus = catalogue.products.iter().map(|product| product.sku.clone()).collect();
        Self { inner: Arc::new(Inner { setup, catalogue, skus, figures: Mutex::default() }) }
    }

    /// Lets visitors come, look around and buy, until the last has come to the checkout or left.
    ///
    /// # Panics
    /// When a visitor's task does: it only follows what is written here.
    pub async fn run(self, arrivals: impl Iterator<Item = Arrival>) {
        let merchant = tokio::spawn(Merchant::of(&self.inner.setup).work());
        let mut visits = Vec::new();
        for (number, arrival) in arrivals.enumerate() {
            self.inner.timeline.sleep_until(arrival.at_us).await;
            self.inner.crowd.expect_one();
            let number = u32::try_from(number).expect("fewer than 2^32 shoppers");
            visits.push(tokio::spawn(Visitor::new(self.inner.clone(), number, arrival).visit()));
        }
        for visit in visits {
            visit.await.expect("a visitor does not panic");
        }
        merchant.await.expect("the merchant does not panic");
        self.inner.crowd.nobody_comes();
    }

    /// What visitors did so far.
    #[must_use]
    pub fn figures(&self) -> Figures {
        self.inner.figures.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Nothing came back: the connection ended, nobody listens, or the visitor's patience did.
struct NoAnswer;

impl<S: Stage> std::ops::Deref for Inner<S> {
    type Target = Setup<S>;

    fn deref(&self) -> &Setup<S> {
        &self.setup
    }
}

impl<S: Stage> Inner<S> {
    fn browsing(&self) -> &scenario::Browsing {
        self.scenario.browsing.as_ref().expect("a world has visitors only where the scenario has browsing")
    }

    fn figure(&self, note: impl FnOnce(&mut Figures)) {
        note(&mut self.figures.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn observe(&self, event: ShopEvent) {
        self.observer.observe(self.timeline.now_us(), EventKind::Shop(event));
    }

    /// The stream of one visitor, which depends on nobody else's.
    fn stream_of(&self, visitor: u32) -> ChaCha8Rng {
        let mut stream = generator(self.seed, Purpose::Browsing);
        stream.set_stream(u64::from(visitor) + 1);
        stream
    }

    /// Sends a request to the edge and waits for its answer.
    async fn ask(&self, rng: &mut ChaCha8Rng, request: Request<Bytes>) -> Result<Response<Bytes>, NoAnswer> {
        let (sender, receiver) = oneshot::channel();
        match self.processes.send(self.at, GATEWAY, rng.next_u64(), request, sender) {
            Dispatched::Sent | Dispatched::Silent => {}
            Dispatched::Refused(after_us) => {
                self.pause(after_us).await;
                return Err(NoAnswer);
            }
        }
        match within(PATIENCE, receiver).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(_)) | Err(_) => Err(NoAnswer),
        }
    }

    fn since(&self, sent_us: i64) -> u32 {
        u32::try_from(self.timeline.now_us() - sent_us).unwrap_or(u32::MAX)
    }

    async fn pause(&self, for_us: i64) {
        self.timeline.sleep_until(self.timeline.now_us() + for_us).await;
    }
}

/// Whether something of this share happens.
fn happens(rng: &mut ChaCha8Rng, ratio: f64) -> bool {
    below(rng, 1_000_000) < u64::from(super::settings::ratio_ppm(ratio))
}

/// A number from 1 to `most`.
fn up_to(rng: &mut ChaCha8Rng, most: u32) -> u32 {
    1 + u32::try_from(below(rng, u64::from(most))).expect("below a 32-bit bound")
}
