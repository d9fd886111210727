//! Looking at a page: asking for it, again if nothing came, and telling the checkers what was seen.

use bytes::Bytes;
use checkers::history::{PageEnd, ShopEvent};
use http::header::AGE;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::{Inner, NoAnswer};
use crate::world::observer::catalog::product_page;
use crate::world::stage::Stage;

/// How often a page is asked for that was not answered, or not with a page: people reload.
const TRIES: u32 = 4;
/// Wait before it is asked for again, in microseconds.
const RETRY_US: i64 = 150_000;

/// Which page.
#[derive(Debug, Clone)]
pub(super) enum Page {
    /// A product's.
    Product(String),
    /// A list, by its query.
    List(String),
    /// The categories.
    Categories,
}

impl Page {
    fn path(&self) -> String {
        match self {
            Self::Product(sku) => format!("/v1/products/{sku}"),
            Self::List(query) if query.is_empty() => "/v1/products".to_owned(),
            Self::List(query) => format!("/v1/products?{query}"),
            Self::Categories => "/v1/categories".to_owned(),
        }
    }

    /// What it is called in the history: a product by its SKU, as its row is.
    fn name(&self) -> String {
        match self {
            Self::Product(sku) => product_page(sku),
            Self::List(query) => format!("list?{query}"),
            Self::Categories => "categories".to_owned(),
        }
    }
}

#[derive(Deserialize)]
struct ProductPage {
    product: ShownProduct,
}

/// What a visitor reads off a product's page.
#[derive(Debug, Clone, Copy, Deserialize)]
pub(super) struct ShownProduct {
    pub(super) price_cents: i64,
    pub(super) version: u32,
}

/// What a visitor reads off a list.
#[derive(Deserialize)]
struct List {
    next: Option<String>,
}

/// A page as it was seen.
pub(super) struct Seen {
    /// A product's page.
    pub(super) product: Option<ShownProduct>,
    /// The cursor of what follows a list.
    pub(super) next: Option<String>,
}

/// How an answer ended a look.
fn end_of(answer: &Result<Response<Bytes>, NoAnswer>) -> (PageEnd, u16) {
    let Ok(response) = answer else { return (PageEnd::Unanswered, 0) };
    let end = match response.status() {
        StatusCode::OK if response.headers().contains_key("x-stale") => PageEnd::Stale,
        StatusCode::OK => PageEnd::Shown,
        StatusCode::NOT_FOUND => PageEnd::Absent,
        _ => PageEnd::Unavailable,
    };
    (end, response.status().as_u16())
}

fn age_s(headers: &HeaderMap) -> u16 {
    headers.get(AGE).and_then(|age| age.to_str().ok()?.parse().ok()).unwrap_or(0)
}

impl<S: Stage> Inner<S> {
    /// Looks at a page; nothing when it could not be seen.
    pub(super) async fn look(&self, rng: &mut ChaCha8Rng, page: &Page) -> Option<Seen> {
        let mut sent_us = self.timeline.now_us();
        let mut answer = Err(NoAnswer);
        for tried in 0..TRIES {
            sent_us = self.timeline.now_us();
            let mut request = Request::new(Bytes::new());
            *request.method_mut() = Method::GET;
            *request.uri_mut() = page.path().parse().expect("SKUs and signed cursors fit an address");
            answer = self.ask(rng, request).await;
            if answer.as_ref().is_ok_and(|answer| !answer.status().is_server_error()) {
                break;
            }
            self.observer.probe("page-reloaded");
            self.pause(RETRY_US << tried).await;
        }
        let now_us = self.timeline.now_us();
        let (end, status) = end_of(&answer);
        let shown = answer.ok().filter(|_| matches!(end, PageEnd::Shown | PageEnd::Stale));
        let product = shown.as_ref().filter(|_| matches!(page, Page::Product(_))).map(|response| {
            let read: ProductPage =
                serde_json::from_slice(response.body()).expect("a product's page names its product");
            read.product
        });
        let next = shown.as_ref().filter(|_| matches!(page, Page::List(_))).and_then(|response| {
            let read: List = serde_json::from_slice(response.body()).expect("a list says what follows it");
            read.next
        });
        let latency_us = u32::try_from(now_us - sent_us).unwrap_or(u32::MAX);
        self.figure(|figures| {
            figures.views += 1;
            figures.page_latencies.record(u64::from(latency_us));
        });
        self.tell(page, end, status, shown.as_ref(), product, latency_us);
        shown.map(|_| Seen { product, next })
    }

    fn tell(
        &self,
        page: &Page,
        end: PageEnd,
        status: u16,
        shown: Option<&Response<Bytes>>,
        product: Option<ShownProduct>,
        latency_us: u32,
    ) {
        match end {
            PageEnd::Stale => self.observer.probe("stale-page-served"),
            PageEnd::Absent => self.observer.probe("absent-page-answered"),
            PageEnd::Unavailable | PageEnd::Unanswered => self.observer.probe("page-unavailable"),
            PageEnd::Shown => {}
        }
        let age_s = shown.map_or(0, |response| age_s(response.headers()));
        let (page, version) = (self.observer.page(&page.name()), product.map_or(0, |product| product.version));
        self.observe(ShopEvent::PageRead { page, end, status, age_s, version, latency_us });
    }
}
