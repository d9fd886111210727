//! One visitor: looks around, comes to what they want, perhaps fills a cart, and goes to the checkout with the price they
//! were shown.

use std::sync::Arc;

use arrivals::below;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use super::page::Page;
use super::{Inner, happens, up_to};
use crate::world::crowd::Arrival;
use crate::world::stage::Stage;

/// Names of products that do not exist.
const MISSING: u32 = 8;

/// One visitor.
pub(super) struct Visitor<S: Stage> {
    pub(super) shop: Arc<Inner<S>>,
    pub(super) number: u32,
    pub(super) rng: ChaCha8Rng,
    arrival: Arrival,
    /// The query of what follows the list last seen.
    next: Option<String>,
}

impl<S: Stage> Visitor<S> {
    pub(super) fn new(shop: Arc<Inner<S>>, number: u32, arrival: Arrival) -> Self {
        let rng = shop.stream_of(number);
        Self { shop, number, rng, arrival, next: None }
    }

    /// All of the visit, up to the checkout.
    pub(super) async fn visit(mut self) {
        let views = up_to(&mut self.rng, 2 * self.shop.browsing().views_per_buy - 1);
        for _ in 1..views {
            let page = self.draw_page();
            let seen = self.shop.look(&mut self.rng, &page).await;
            self.next = match (&page, seen.and_then(|seen| seen.next)) {
                (Page::List(query), Some(cursor)) => Some(following(query, &cursor)),
                _ => None,
            };
            self.think().await;
        }
        let wanted = self.shop.skus[usize::from(self.arrival.sku.0)].clone();
        let seen = self.shop.look(&mut self.rng, &Page::Product(wanted.clone())).await;
        let mut shown_cents = seen.and_then(|seen| seen.product).map(|product| product.price_cents);
        if shown_cents.is_some() && happens(&mut self.rng, self.shop.browsing().cart_ratio) {
            shown_cents = self.fill_cart(&wanted).await.or(shown_cents);
        }
        let Some(shown_cents) = shown_cents else {
            self.shop.figure(|figures| figures.left += 1);
            self.shop.crowd.nobody_comes();
            return;
        };
        self.think().await;
        let accepts_price = happens(&mut self.rng, self.shop.browsing().accept_price_ratio);
        let at_us = self.shop.timeline.now_us();
        let (shown_cents, number) = (Some(shown_cents), Some(self.number));
        let arrival = Arrival { at_us, shown_cents, accepts_price, number, ..self.arrival };
        self.shop.crowd.come(&arrival);
    }

    fn draw_page(&mut self) -> Page {
        let browsing = self.shop.browsing();
        if let Some(query) = self.next.take()
            && happens(&mut self.rng, 0.5)
        {
            return Page::List(query);
        }
        if happens(&mut self.rng, browsing.missing_ratio) {
            return Page::Product(format!("MISSING-{}", up_to(&mut self.rng, MISSING)));
        }
        if happens(&mut self.rng, browsing.list_ratio) {
            return match below(&mut self.rng, 4) {
                0 => Page::Categories,
                1 => Page::List(String::new()),
                _ => Page::List(format!("category=c{}", up_to(&mut self.rng, browsing.categories))),
            };
        }
        let draw = u32::try_from(self.rng.next_u64() >> 32).expect("the upper half of a word");
        Page::Product(self.shop.skus[self.shop.catalogue.pick(draw)].clone())
    }

    /// Waits as people do: most not for long, some for much longer.
    pub(super) async fn think(&mut self) {
        let mean_us = i64::from(self.shop.browsing().think_ms) * 1_000;
        // A sum of halvings: as good as memoryless, and of whole numbers.
        let halvings = i64::from((self.rng.next_u64() | 1 << 40).trailing_zeros());
        let within_us = i64::try_from(below(&mut self.rng, u64::try_from(mean_us).unwrap_or(0) + 1)).unwrap_or(0);
        self.shop.pause((halvings * mean_us + within_us) / 2).await;
    }
}

/// The query of the page after the one that was asked for by `query`.
fn following(query: &str, cursor: &str) -> String {
    match query.split_once("cursor=") {
        Some((before, _)) => format!("{before}cursor={cursor}"),
        None if query.is_empty() => format!("cursor={cursor}"),
        None => format!("{query}&cursor={cursor}"),
    }
}
