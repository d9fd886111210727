//! Looking: what several journeys do before they buy, or instead of it.

use http::header::{ETAG, IF_NONE_MATCH};
use http::{HeaderValue, Method};
use rand_chacha::rand_core::Rng;
use record::Outcome;
use serde::Deserialize;

use super::Visitor;
use crate::answer::{self, Answer};
use crate::endpoint::Endpoint;
use crate::shop::bare;

/// A page as a shopper keeps it.
#[derive(Clone, Debug, Default)]
pub(super) struct Page {
    /// What tells this version of it from others.
    pub(super) etag: Option<HeaderValue>,
    /// The price it shows; none when the answer had no body, because nothing has changed.
    pub(super) price_cents: Option<i64>,
}

#[derive(Deserialize)]
struct Shown {
    price_cents: i64,
}

/// As what a visit ends with this answer to a look, if it ends.
pub(super) fn looked(answer: Answer) -> Result<(), Outcome> {
    if answer == Answer::Limited {
        return Err(Outcome::Limited);
    }
    if matches!(answer, Answer::Reset | Answer::TimedOut | Answer::NotSent) {
        return Err(Outcome::TimedOut);
    }
    if answer.is_error() { Err(Outcome::Failed) } else { Ok(()) }
}

impl Visitor {
    /// A uniform word of this shopper's own.
    pub(super) fn draw(&mut self) -> u32 {
        self.choices.next_u32()
    }

    /// A whole number up to and with `most`.
    pub(super) fn choose(&mut self, most: u32) -> u32 {
        let scaled = (u64::from(self.draw()) * (u64::from(most) + 1)) >> 32;
        u32::try_from(scaled).expect("at most what was asked for")
    }

    /// Thinks for a while, and tells when the next request is due: now.
    pub(super) async fn after_thinking(&mut self) -> u64 {
        let most_ms = self.shop.scenario.journeys.think_ms;
        let due_us = self.shop.clock.now_us() + u64::from(self.choose(most_ms)) * 1_000 + self.on_its_way_us();
        self.wait_until(due_us).await;
        due_us
    }

    /// The first list.
    pub(super) async fn list(&self, due_us: u64) -> Result<(), Outcome> {
        self.wait_until(due_us).await;
        let request = bare(Method::GET, "/v1/products", &self.id);
        looked(self.ask(Endpoint::ProductList, request, due_us, answer::plain).await)
    }

    /// A product's page; an unchanged one is not sent again to who has it.
    pub(super) async fn page(&self, product: usize, known: Option<&Page>, due_us: u64) -> Result<Page, Outcome> {
        let path = format!("/v1/products/{}", self.shop.catalogue.products[product].sku);
        let mut request = bare(Method::GET, &path, &self.id);
        if let Some(etag) = known.and_then(|page| page.etag.clone()) {
            request.headers_mut().insert(IF_NONE_MATCH, etag);
        }
        let mut page = Page::default();
        let answer = self
            .ask(Endpoint::ProductPage, request, due_us, |response| {
                page.etag = response.headers().get(ETAG).cloned();
                page.price_cents = serde_json::from_slice::<Shown>(response.body()).ok().map(|shown| shown.price_cents);
                answer::plain(response)
            })
            .await;
        looked(answer).map(|()| page)
    }
}
