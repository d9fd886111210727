//! How many units are left, as last heard. Pages ask far more often than stock moves, so one question per product is under
//! way at a time and its answer serves every page for a moment; when the inventory role is away the last figure stays, and
//! says how old it is.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode};
use serde::Serialize;
use tokio::time::Instant;

use crate::context::Context;
use crate::messages::{Availability, AvailabilitySource, INVENTORY};
use crate::time_limit::within;

/// How long a figure serves without a question.
const FRESH: Duration = Duration::from_millis(250);
/// How long it serves while a question is under way; past that, pages wait for the answer.
const SERVES: Duration = Duration::from_secs(5);
/// How long a page waits for a figure at most.
const WAIT: Duration = Duration::from_millis(150);
/// How long the inventory role may take.
const ASK_LIMIT: Duration = Duration::from_millis(1_000);
/// Figures remembered at most; when there are more, all are forgotten.
const MOST: usize = 10_000;

/// What a page says of a product's stock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Figure {
    /// Units that can be bought.
    pub(super) available: i64,
    /// When that was so, in milliseconds since the Unix epoch.
    pub(super) as_of_ms: i64,
    /// How long ago it was heard, in milliseconds.
    pub(super) age_ms: u64,
    /// Where it is from.
    pub(super) source: AvailabilitySource,
}

struct Heard {
    availability: Availability,
    at: Instant,
}

#[derive(Default)]
struct State {
    heard: BTreeMap<String, Heard>,
    asking: BTreeSet<String>,
}

/// The figures of one process.
pub(super) struct Stock {
    ctx: Context,
    state: Mutex<State>,
}

impl Stock {
    /// Nothing heard yet.
    pub(super) fn new(ctx: Context) -> Arc<Self> {
        Arc::new(Self { ctx, state: Mutex::default() })
    }

    /// The figure of a product; `None` when none was ever heard.
    pub(super) async fn of(self: &Arc<Self>, sku: &str) -> Option<Figure> {
        let known = self.last(sku);
        let age = known.as_ref().map(|(_, age)| *age);
        if age.is_some_and(|age| age < FRESH) {
            return known.map(|(figure, _)| figure);
        }
        let asks = {
            let mut state = self.state();
            state.asking.len() < MOST && state.asking.insert(sku.to_owned())
        };
        if !asks {
            return known.map(|(figure, _)| figure);
        }
        let asking = tokio::spawn(Arc::clone(self).ask(sku.to_owned()));
        if age.is_some_and(|age| age < SERVES) {
            return known.map(|(figure, _)| figure);
        }
        // Whatever came of it stands in the state.
        drop(within(WAIT, asking).await);
        self.last(sku).map(|(figure, _)| figure)
    }

    fn last(&self, sku: &str) -> Option<(Figure, Duration)> {
        let state = self.state();
        let heard = state.heard.get(sku)?;
        let age = heard.at.elapsed();
        let Availability { available, as_of_ms, source, .. } = heard.availability;
        let age_ms = u64::try_from(age.as_millis()).unwrap_or(u64::MAX);
        Some((Figure { available, as_of_ms, age_ms, source }, age))
    }

    async fn ask(self: Arc<Self>, sku: String) {
        // A SKU of the catalog needs no encoding: it has been checked to be a path segment.
        let request = Request::get(format!("/internal/products/{sku}/availability")).body(Bytes::new());
        let request = request.expect("a SKU is a path segment");
        let answer = self.ctx.http.call(INVENTORY, request, ASK_LIMIT).await;
        let heard = answer
            .ok()
            .filter(|answer| answer.status() == StatusCode::OK)
            .and_then(|answer| serde_json::from_slice::<Availability>(answer.body()).ok());
        let mut state = self.state();
        state.asking.remove(&sku);
        if let Some(availability) = heard {
            if state.heard.len() >= MOST && !state.heard.contains_key(&sku) {
                state.heard.clear();
            }
            state.heard.insert(sku, Heard { availability, at: Instant::now() });
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
