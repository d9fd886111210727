//! The shop around the sale: pages, their loads, that they are answered, prices as shown, carts.

use checkers::history::{Answer, CartEnd, CartRef, EventKind, OrderRef, PageEnd, PageRef, ShopEvent, Sku, Status};
use checkers::limits::{ShopLimits, SkuLimits};
use checkers::{Event, Judge, Limits};

use crate::story::texts;

const SECOND: i64 = 1_000_000;
const TV: Sku = Sku(0);

/// Pages fresh for 0.4 s, bound to 1 s, counted from at most 0.5 s after they were read; a crash of Redis loses one second.
fn limits() -> Limits {
    let shop = ShopLimits {
        bound_us: SECOND,
        absent_us: SECOND / 2,
        fresh_us: 400_000,
        load_us: SECOND / 2,
        recovery_us: 2 * SECOND,
        redis_loses_us: Some(SECOND),
    };
    let tv = SkuLimits { sku: "TV".to_owned(), stocked: None, admission: None, must_sell_out: false };
    Limits { skus: vec![tv], shop: Some(shop), ..Limits::default() }
}

/// A history in the making.
struct Shop {
    judge: Judge,
    page: PageRef,
}

impl Shop {
    /// A product whose first version is committed at 0.
    fn open() -> Self {
        let mut judge = Judge::new(&limits());
        let page = judge.history_mut().page("product:TV");
        let mut shop = Self { judge, page };
        shop.set(0, 1, true);
        shop
    }

    fn see(&mut self, at_us: i64, event: ShopEvent) {
        self.judge.observe(Event { at_us, kind: EventKind::Shop(event) });
    }

    fn set(&mut self, at_us: i64, version: u32, listed: bool) {
        let page = self.page;
        self.see(at_us, ShopEvent::ProductSet { page, version, price_cents: 100, listed });
    }

    /// A look that is answered in no time.
    fn read(&mut self, at_us: i64, end: PageEnd, version: u32, age_s: u16) {
        let status = match end {
            PageEnd::Shown | PageEnd::Stale => 200,
            PageEnd::Absent => 404,
            PageEnd::Unavailable => 503,
            PageEnd::Unanswered => 0,
        };
        let page = self.page;
        self.see(at_us, ShopEvent::PageRead { page, end, status, age_s, version, latency_us: 0 });
    }

    fn fault(&mut self, from_us: i64, until_us: i64) {
        self.fault_of("{ kind = \"catalog-crash\" }", from_us, until_us);
    }

    fn fault_of(&mut self, text: &str, from_us: i64, until_us: i64) {
        let note = self.judge.history_mut().note(text);
        self.judge.observe(Event { at_us: from_us, kind: EventKind::FaultBegan { note } });
        self.judge.observe(Event { at_us: until_us, kind: EventKind::FaultEnded { note } });
    }

    /// What a checker found.
    fn found(&self, checker: &str) -> Vec<String> {
        let of = self.judge.judgements().into_iter().find(|judgement| judgement.name == checker).unwrap();
        texts(of.verdict)
    }

    #[track_caller]
    fn finds(&self, checker: &str, wanted: &str) {
        let found = self.found(checker);
        assert!(found.iter().any(|text| text.contains(wanted)), "{found:?}");
    }

    #[track_caller]
    fn finds_nothing(&self) {
        for checker in ["pages", "loads", "reads", "prices", "carts"] {
            assert_eq!(self.found(checker), [""; 0], "{checker}");
        }
    }
}

#[test]
fn a_page_within_its_bound_holds_and_one_beyond_it_is_seen() {
    let mut shop = Shop::open();
    shop.set(10 * SECOND, 2, true);
    shop.read(11_500_000, PageEnd::Shown, 1, 1);
    shop.finds_nothing();
    shop.read(11_500_001, PageEnd::Shown, 1, 1);
    shop.finds("pages", "its bound is 1000 ms");
}

#[test]
fn a_fault_excuses_an_old_page_but_not_an_age_that_is_not_true() {
    let mut shop = Shop::open();
    shop.fault(9 * SECOND, 12 * SECOND);
    shop.set(10 * SECOND, 2, true);
    shop.read(13 * SECOND, PageEnd::Stale, 1, 3);
    shop.finds_nothing();
    shop.read(13 * SECOND, PageEnd::Stale, 1, 0);
    shop.finds("pages", "says it is 0 ms old");
}

#[test]
fn a_stale_page_while_nothing_is_broken_is_seen() {
    let mut shop = Shop::open();
    shop.read(SECOND, PageEnd::Stale, 1, 0);
    shop.finds("pages", "past its bound");
}

#[test]
fn a_version_that_never_was_is_seen() {
    let mut shop = Shop::open();
    shop.read(SECOND, PageEnd::Shown, 2, 0);
    shop.finds("pages", "never had");
}

#[test]
fn a_product_that_is_there_may_be_absent_for_a_moment_only() {
    let mut shop = Shop::open();
    shop.set(SECOND, 2, false);
    shop.read(2 * SECOND, PageEnd::Absent, 0, 0);
    shop.set(5 * SECOND, 3, true);
    shop.read(6 * SECOND, PageEnd::Absent, 0, 0);
    shop.finds_nothing();
    shop.read(6 * SECOND + 1, PageEnd::Absent, 0, 0);
    shop.finds("pages", "answered as absent");
}

#[test]
fn an_older_page_over_a_newer_one_in_the_cache_is_seen() {
    let mut shop = Shop::open();
    let page = shop.page;
    for version in [1, 2, 2] {
        shop.see(SECOND, ShopEvent::PageCached { page, version });
    }
    shop.finds_nothing();
    shop.see(SECOND, ShopEvent::PageCached { page, version: 1 });
    shop.finds("pages", "version 1 over version 2");
}

#[test]
fn a_second_load_while_the_page_is_fresh_is_seen_unless_something_is_broken() {
    let mut shop = Shop::open();
    let page = shop.page;
    for at_us in [0, 400_000] {
        shop.see(at_us, ShopEvent::PageLoaded { page });
    }
    shop.fault(500_000, 600_000);
    shop.see(700_000, ShopEvent::PageLoaded { page });
    shop.finds_nothing();
    shop.see(5 * SECOND, ShopEvent::PageLoaded { page });
    shop.see(5 * SECOND + 399_999, ShopEvent::PageLoaded { page });
    shop.finds("loads", "was loaded again after 399 ms");
}

#[test]
fn a_page_that_redis_has_is_answered_through_a_fault_and_another_need_not_be() {
    let mut shop = Shop::open();
    shop.fault(SECOND, 5 * SECOND);
    shop.read(5 * SECOND, PageEnd::Unavailable, 0, 0);
    shop.finds_nothing();
    let mut shop = Shop::open();
    shop.read(SECOND / 2, PageEnd::Shown, 1, 0);
    shop.fault(SECOND, 5 * SECOND);
    shop.read(5 * SECOND, PageEnd::Unavailable, 0, 0);
    shop.finds("reads", "answered 503 although Redis has it");
}

#[test]
fn a_page_that_redis_has_lost_need_not_be_answered_while_its_database_is_away() {
    let mut shop = Shop::open();
    shop.read(SECOND / 2, PageEnd::Shown, 1, 0);
    shop.see(SECOND, ShopEvent::RedisDied);
    shop.fault(SECOND, 5 * SECOND);
    shop.read(5 * SECOND, PageEnd::Unavailable, 0, 0);
    shop.finds_nothing();
}

#[test]
fn a_page_is_answered_while_redis_alone_is_away() {
    let mut shop = Shop::open();
    shop.see(SECOND, ShopEvent::RedisDied);
    shop.fault_of("{ kind = \"redis-crash\" }", SECOND, 5 * SECOND);
    shop.read(5 * SECOND, PageEnd::Unavailable, 0, 0);
    shop.finds("reads", "answered 503 although only Redis is away");
}

#[test]
fn a_page_without_an_answer_while_nothing_is_broken_is_seen() {
    let mut shop = Shop::open();
    shop.read(SECOND, PageEnd::Unanswered, 0, 0);
    shop.finds("reads", "had no answer although nothing is broken");
}

fn bought(shop: &mut Shop, key: u32, amount_cents: i64) -> OrderRef {
    let order = shop.judge.history_mut().order(&format!("ord_{key}"));
    let moved = EventKind::OrderMoved { order, sku: TV, from: None, to: Status::Placed, quantity: 2, amount_cents };
    shop.judge.observe(Event { at_us: 1, kind: moved });
    let answer = Answer::Pending { order };
    shop.judge.observe(Event { at_us: 2, kind: EventKind::Answered { shopper: 0, key, answer, latency_us: 1 } });
    order
}

#[test]
fn an_order_at_the_price_that_was_shown_holds_and_at_another_is_seen() {
    let mut shop = Shop::open();
    shop.see(0, ShopEvent::Offered { key: 0, price_cents: 100 });
    bought(&mut shop, 0, 200);
    shop.finds_nothing();
    shop.see(0, ShopEvent::Offered { key: 1, price_cents: 90 });
    bought(&mut shop, 1, 200);
    shop.finds("prices", "2 units for 200 cents, but 90 cents was shown");
}

const OWN: CartRef = CartRef { visitor: 3, guest: false };
const GUEST: CartRef = CartRef { visitor: 3, guest: true };

impl Shop {
    fn put(&mut self, at_us: i64, cart: CartRef, quantity: u8, end: CartEnd) {
        self.see(at_us, ShopEvent::LineSet { cart, sku: TV, quantity, end, took_us: 0 });
    }

    fn merge(&mut self, at_us: i64, end: CartEnd) {
        self.see(at_us, ShopEvent::Merged { visitor: 3, end, took_us: 0 });
    }

    /// A cart that shows this many, or no line for 0.
    fn shows(&mut self, at_us: i64, cart: CartRef, quantity: u8) {
        if quantity > 0 {
            self.see(at_us, ShopEvent::LineSeen { cart, sku: TV, quantity });
        }
        self.see(at_us, ShopEvent::CartSeen { cart });
    }
}

#[test]
fn a_line_that_was_put_in_is_there_and_a_lost_one_is_seen() {
    let mut shop = Shop::open();
    shop.put(0, OWN, 2, CartEnd::Done);
    shop.shows(1, OWN, 2);
    shop.finds_nothing();
    shop.shows(2, OWN, 0);
    shop.finds("carts", "visitor 3's cart shows 0 × TV, but it has 2");
}

#[test]
fn a_merge_keeps_the_larger_quantity_and_a_sum_is_seen() {
    for (shown, is_right) in [(4, true), (2, false), (6, false), (0, false)] {
        let mut shop = Shop::open();
        shop.put(0, OWN, 2, CartEnd::Done);
        shop.put(1, GUEST, 4, CartEnd::Done);
        shop.merge(2, CartEnd::Done);
        shop.merge(3, CartEnd::Done);
        shop.shows(4, OWN, shown);
        assert_eq!(shop.found("carts").is_empty(), is_right, "{shown}");
    }
}

#[test]
fn what_nobody_knows_the_end_of_may_be_either_and_nothing_else() {
    for (shown, is_right) in [(2, true), (3, true), (5, false), (0, false)] {
        let mut shop = Shop::open();
        shop.put(0, OWN, 2, CartEnd::Done);
        shop.put(1, OWN, 3, CartEnd::Unknown);
        shop.shows(2, OWN, shown);
        assert_eq!(shop.found("carts").is_empty(), is_right, "{shown}");
    }
}

#[test]
fn a_crash_excuses_the_last_second_and_no_more() {
    for (put_us, is_right) in [(9 * SECOND, true), (9 * SECOND - 1, false)] {
        let mut shop = Shop::open();
        shop.put(put_us, OWN, 2, CartEnd::Done);
        shop.see(10 * SECOND, ShopEvent::RedisDied);
        shop.shows(11 * SECOND, OWN, 0);
        assert_eq!(shop.found("carts").is_empty(), is_right, "{put_us}");
    }
}

#[test]
fn a_line_that_was_under_way_at_a_crash_is_excused_by_it() {
    for (took_us, is_right) in [(2, true), (0, false)] {
        let mut shop = Shop::open();
        shop.see(10 * SECOND, ShopEvent::RedisDied);
        let end = CartEnd::Done;
        shop.see(10 * SECOND + 1, ShopEvent::LineSet { cart: OWN, sku: TV, quantity: 2, end, took_us });
        shop.shows(11 * SECOND, OWN, 0);
        assert_eq!(shop.found("carts").is_empty(), is_right, "{took_us}");
    }
}

#[test]
fn a_line_put_in_after_a_crash_is_not_excused_by_it() {
    let mut shop = Shop::open();
    shop.see(10 * SECOND, ShopEvent::RedisDied);
    shop.put(10 * SECOND + 1, OWN, 2, CartEnd::Done);
    shop.shows(11 * SECOND, OWN, 0);
    shop.finds("carts", "shows 0 × TV");
}
