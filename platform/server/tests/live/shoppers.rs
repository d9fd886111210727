//! A crowd over real HTTP: so many shoppers, so many workers in parallel, each shopper under one idempotency key from the
//! first request to the last.
//!
//! A shopper behaves as the API asks: it comes again when told to (429, 503, `request-in-flight`), sends the same request
//! again when there was no answer, and asks for the order when the outcome is open (202). What it was told in the end is
//! what the test compares with the stores.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tokio::task::JoinSet;

/// The longest a client waits for one answer.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(6);
/// The longest pause between two tries, whatever `Retry-After` says: the crowd is impatient, and the suite too.
const LONGEST_PAUSE: Duration = Duration::from_millis(400);
/// Tries of one shopper before it gives up: minutes, for a machine that does many things at once.
const TRIES: u32 = 1_000;

/// Who comes, for what, and where.
#[derive(Debug, Clone)]
pub(crate) struct Crowd {
    /// The gateways' addresses; a worker goes to the next one when one does not answer.
    pub(crate) gateways: Vec<String>,
    /// What they want, one unit each.
    pub(crate) sku: String,
    /// How many shoppers.
    pub(crate) shoppers: usize,
    /// How many are served in parallel.
    pub(crate) workers: usize,
}

/// What a shopper was told in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Told {
    /// The order, bought.
    Confirmed(String),
    /// Nothing is left.
    SoldOut,
    /// The card was declined, or the order ended without its goods.
    NotFulfilled(String),
    /// Nothing final within all its tries.
    Nothing,
    /// An answer that the API does not promise.
    Unexpected(String),
}

/// How far the sale is, readable while it goes on.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Shoppers who were told that they have bought.
    confirmed: AtomicU64,
    /// Shoppers who were told anything final.
    told: AtomicU64,
    /// Requests without an answer.
    lost: AtomicU64,
    /// Answers that sent a shopper away to come again.
    again: AtomicU64,
    /// Answers that left the outcome open.
    open: AtomicU64,
}

impl Progress {
    pub(crate) fn confirmed(&self) -> u64 {
        self.confirmed.load(Ordering::Relaxed)
    }

    pub(crate) fn told(&self) -> u64 {
        self.told.load(Ordering::Relaxed)
    }

    /// What the crowd met on the way, for the round's line.
    pub(crate) fn met(&self) -> String {
        format!(
            "{} without answer, {} sent away, {} left open",
            self.lost.load(Ordering::Relaxed),
            self.again.load(Ordering::Relaxed),
            self.open.load(Ordering::Relaxed)
        )
    }
}

/// What all shoppers were told.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    /// Orders told to be bought, each with its shopper.
    pub(crate) confirmed: BTreeMap<String, String>,
    pub(crate) sold_out: usize,
    pub(crate) not_fulfilled: usize,
    pub(crate) nothing: usize,
    pub(crate) unexpected: Vec<String>,
}

impl Crowd {
    /// Lets the crowd in, and returns when every shopper was told something final or has given up.
    pub(crate) async fn buy(&self, progress: Arc<Progress>) -> Tally {
        let client = Client::builder()
            .timeout(ANSWER_TIMEOUT)
            .pool_max_idle_per_host(self.workers)
            .build()
            .expect("a client without special wishes");
        let next = Arc::new(AtomicUsize::new(0));
        let mut workers = JoinSet::new();
        for worker in 0..self.workers {
            let (crowd, client, next, progress) = (self.clone(), client.clone(), Arc::clone(&next), progress.clone());
            workers.spawn(async move {
                let mut told = Vec::new();
                let mut gateway = worker % crowd.gateways.len();
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= crowd.shoppers {
                        return told;
                    }
                    let shopper = Shopper { crowd: &crowd, client: &client, progress: &progress, number };
                    let answer = shopper.buy(&mut gateway).await;
                    progress.told.fetch_add(1, Ordering::Relaxed);
                    if matches!(answer, Told::Confirmed(_)) {
                        progress.confirmed.fetch_add(1, Ordering::Relaxed);
                    }
                    told.push((shopper.id(), answer));
                }
            });
        }
        let mut tally = Tally::default();
        for (shopper, told) in workers.join_all().await.into_iter().flatten() {
            tally.add(shopper, told);
        }
        tally
    }
}

impl Tally {
    fn add(&mut self, shopper: String, told: Told) {
        match told {
            Told::Confirmed(order) => drop(self.confirmed.insert(order, shopper)),
            Told::SoldOut => self.sold_out += 1,
            Told::NotFulfilled(_) => self.not_fulfilled += 1,
            Told::Nothing => self.nothing += 1,
            Told::Unexpected(what) => self.unexpected.push(format!("{shopper}: {what}")),
        }
    }
}

struct Shopper<'a> {
    crowd: &'a Crowd,
    client: &'a Client,
    progress: &'a Progress,
    number: usize,
}

/// What to do after one answer.
enum Next {
    End(Told),
    /// Send the request again after a pause.
    Again(Duration),
    /// Ask for this order after a pause.
    Ask(String, Duration),
}

impl Shopper<'_> {
    fn id(&self) -> String {
        format!("{}-shopper-{}", self.crowd.sku, self.number)
    }

    async fn buy(&self, gateway: &mut usize) -> Told {
        let mut order: Option<String> = None;
        for _ in 0..TRIES {
            let base = &self.crowd.gateways[*gateway];
            let answer = match &order {
                None => self.checkout(base).await,
                Some(order) => self.ask(base, order).await,
            };
            let next = match answer {
                Ok(next) => next,
                Err(_) => {
                    self.progress.lost.fetch_add(1, Ordering::Relaxed);
                    *gateway = (*gateway + 1) % self.crowd.gateways.len();
                    Next::Again(Duration::from_millis(100))
                }
            };
            let pause = match next {
                Next::End(told) => return told,
                Next::Again(pause) => {
                    order = None;
                    pause
                }
                Next::Ask(id, pause) => {
                    order = Some(id);
                    pause
                }
            };
            tokio::time::sleep(pause.min(LONGEST_PAUSE)).await;
        }
        Told::Nothing
    }

    async fn checkout(&self, base: &str) -> reqwest::Result<Next> {
        let body = format!(r#"{{"sku":"{}","quantity":1,"payment_method":"pm_card_visa"}}"#, self.crowd.sku);
        let response = self
            .client
            .post(format!("{base}/v1/checkouts"))
            .header("content-type", "application/json")
            .header("x-shopper-id", self.id())
            .header("idempotency-key", format!("key-{}", self.id()))
            .body(body)
            .send()
            .await?;
        self.read(response).await
    }

    async fn read(&self, response: Response) -> reqwest::Result<Next> {
        let status = response.status();
        let pause = retry_after(&response);
        let body: Value = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
        let text = |member: &str| body[member].as_str().unwrap_or_default().to_owned();
        let problem = text("type");
        Ok(match (status, problem.rsplit('/').next().unwrap_or_default()) {
            (StatusCode::CREATED, _) => Next::End(Told::Confirmed(text("order_id"))),
            (StatusCode::ACCEPTED, _) => {
                self.progress.open.fetch_add(1, Ordering::Relaxed);
                Next::Ask(text("order_id"), pause)
            }
            (StatusCode::CONFLICT, "sold-out") => Next::End(Told::SoldOut),
            (StatusCode::CONFLICT, "order-not-fulfilled") | (StatusCode::PAYMENT_REQUIRED, _) => {
                Next::End(Told::NotFulfilled(text("order_id")))
            }
            (StatusCode::CONFLICT, "request-in-flight")
            | (StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE, _) => {
                self.progress.again.fetch_add(1, Ordering::Relaxed);
                Next::Again(pause)
            }
            _ => Next::End(Told::Unexpected(format!("{status} {body}"))),
        })
    }

    async fn ask(&self, base: &str, order: &str) -> reqwest::Result<Next> {
        let response =
            self.client.get(format!("{base}/v1/orders/{order}")).header("x-shopper-id", self.id()).send().await?;
        let status = response.status();
        let pause = Duration::from_millis(200);
        let body: Value = serde_json::from_slice(&response.bytes().await?).unwrap_or_default();
        Ok(match (status, body["status"].as_str().unwrap_or_default()) {
            (StatusCode::OK, "confirmed" | "picking" | "shipped" | "delivered") => {
                Next::End(Told::Confirmed(order.to_owned()))
            }
            (StatusCode::OK, "failed" | "refunded" | "cancelled") => Next::End(Told::NotFulfilled(order.to_owned())),
            (StatusCode::OK, "placed" | "compensating" | "cancelling") => Next::Ask(order.to_owned(), pause),
            // It does not exist: the same request may be sent again under the same key.
            (StatusCode::NOT_FOUND, _) => Next::Again(pause),
            (StatusCode::SERVICE_UNAVAILABLE, _) => Next::Ask(order.to_owned(), pause),
            _ => Next::End(Told::Unexpected(format!("{status} {body}"))),
        })
    }
}

/// When to come again; at once if it is not said.
fn retry_after(response: &Response) -> Duration {
    let seconds = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
    Duration::from_secs(seconds.unwrap_or(0)).max(Duration::from_millis(50))
}
