//! Buying one product, or a cart, as the simulator's crowd does it: clicks, perhaps twice, comes again when it is sent
//! away, asks for its order when the outcome is open, and in the end knows whether it has bought.

use arrivals::{Cohort, Shopper};
use http::{HeaderValue, Method};
use rand_chacha::rand_core::Rng;
use record::Outcome;

use super::Visitor;
use crate::answer::{self, Answer};
use crate::endpoint::Endpoint;
use crate::shop::{Card, Order, bare};

/// How often a pending order is asked after, at most.
const POLLS: u64 = 60;
/// The wait before the first question; it grows up to five times.
const POLL_US: u64 = 400_000;
/// The wait of a winner who changes their mind.
const CANCEL_AFTER_US: u64 = 300_000;

/// Buys, and comes back for as long as this shopper does.
pub(super) async fn buy(visitor: &mut Visitor) -> Outcome {
    let habits = visitor.shop.scenario.shoppers.clone();
    let waits = happens(visitor, habits.waiting_ratio);
    let waiting_until_us = (visitor.shop.scenario.run.duration_ms + habits.waiting_after_ms) * 1_000;
    for round in 0_u32.. {
        let (key, product) = (visitor.shopper.key, visitor.product);
        let visit = visitor.clicked_us;
        let key = HeaderValue::from_str(&format!("{key:032x}-{product}-{visit}-{round}")).expect("digits and dashes");
        let outcome = buy_once(visitor, &key).await;
        let again_us = visitor.shop.clock.now_us() + u64::from(habits.waiting_retry_ms) * 1_000;
        let turned_away = matches!(outcome, Outcome::SoldOut | Outcome::Limited | Outcome::Failed);
        if !(waits && turned_away && again_us < waiting_until_us) {
            return outcome;
        }
        visitor.wait_until(again_us).await;
        visitor.clicked_us = again_us;
    }
    unreachable!("a sale is over before a shopper has come back four billion times")
}

/// Everything under one key.
async fn buy_once(visitor: &mut Visitor, key: &HeaderValue) -> Outcome {
    let retries = u64::from(visitor.shopper.retries);
    let mut due_us = visitor.clicked_us + visitor.on_its_way_us();
    let mut tried = 0;
    loop {
        visitor.wait_until(due_us).await;
        let answer = match visitor.shopper.second_click_after_ms.filter(|_| tried == 0) {
            Some(after_ms) => click_twice(visitor, key, due_us, due_us + u64::from(after_ms) * 1_000).await,
            None => click(visitor, key, due_us).await,
        };
        let answer = if let Answer::Pending(order_id) = &answer { follow(visitor, order_id).await } else { answer };
        let failing = match end_of(visitor, answer) {
            Ok(outcome) => return outcome,
            Err(failing) => failing,
        };
        if tried == retries {
            return failing;
        }
        due_us = visitor.shop.clock.now_us() + pause_us(visitor, tried);
        tried += 1;
    }
}

/// How a visit ends with this answer; or as what it ends if it is not tried again.
fn end_of(visitor: &mut Visitor, answer: Answer) -> Result<Outcome, Outcome> {
    match answer {
        Answer::Won(order_id) => {
            visitor.orders.push(order_id);
            Ok(Outcome::Won)
        }
        Answer::SoldOut => Ok(Outcome::SoldOut),
        Answer::Declined => Ok(Outcome::Declined),
        // Whoever never meant to pay has left; the platform has not failed them.
        Answer::Ended if card(&visitor.shopper) == Card::NeverAuthenticates => Ok(Outcome::Abandoned),
        Answer::Ended | Answer::Rejected => Ok(Outcome::Failed),
        Answer::Pending(_) => Ok(Outcome::Queued),
        Answer::Limited => Err(Outcome::Limited),
        Answer::InFlight | Answer::Unavailable | Answer::Failed | Answer::Shown => Err(Outcome::Failed),
        Answer::Reset | Answer::TimedOut | Answer::NotSent => Err(Outcome::TimedOut),
    }
}

fn pause_us(visitor: &Visitor, tried: u64) -> u64 {
    let habits = &visitor.shop.scenario.shoppers;
    match visitor.shopper.cohort {
        Cohort::Bot => u64::from(habits.bot_retry_ms) * 1_000,
        Cohort::Ordinary | Cohort::SlowNetwork => (u64::from(habits.retry_backoff_ms) * 1_000) << tried.min(6),
    }
}

fn card(shopper: &Shopper) -> Card {
    match shopper.abandon {
        Some(arrivals::Abandon::NeverPays) => Card::NeverAuthenticates,
        Some(arrivals::Abandon::Disconnects { .. }) | None if shopper.card_declined => Card::Declined,
        Some(arrivals::Abandon::Disconnects { .. }) | None => Card::Good,
    }
}

async fn click(visitor: &Visitor, key: &HeaderValue, due_us: u64) -> Answer {
    let order = Order {
        product: visitor.product,
        quantity: visitor.shopper.quantity,
        card: card(&visitor.shopper),
        key,
        prefers_async: visitor.shopper.prefers_async,
        shown_price_cents: visitor.shown_price_cents,
    };
    let (endpoint, request) = match &visitor.cart {
        Some(cart) => (Endpoint::CartCheckout, visitor.shop.cart_checkout(&visitor.id, &order, cart)),
        None => (Endpoint::Checkout, visitor.shop.checkout(&visitor.id, &order)),
    };
    visitor.ask(endpoint, request, due_us, answer::checkout).await
}

/// Two clicks under one key. The first answer that says how it ended counts; the other click goes on by itself.
async fn click_twice(visitor: &Visitor, key: &HeaderValue, due_us: u64, second_due_us: u64) -> Answer {
    let (other, other_key) = (visitor.again(), key.clone());
    let second = tokio::spawn(async move {
        other.wait_until(second_due_us).await;
        click(&other, &other_key, second_due_us).await
    });
    let first = click(visitor, key, due_us).await;
    if !matches!(first, Answer::InFlight) && !first.is_error() {
        return first;
    }
    second.await.unwrap_or(first)
}

/// Asks what became of an order until it is known.
async fn follow(visitor: &Visitor, order_id: &str) -> Answer {
    let path = format!("/v1/orders/{order_id}");
    for asked in 1..=POLLS {
        let due_us = visitor.shop.clock.now_us() + POLL_US * asked.min(5);
        visitor.wait_until(due_us).await;
        let request = bare(Method::GET, &path, &visitor.id);
        let answer = visitor.ask(Endpoint::Order, request, due_us, answer::order).await;
        if matches!(answer, Answer::Won(_) | Answer::Ended) {
            return answer;
        }
    }
    Answer::Pending(order_id.into())
}

/// Some winners cancel; nobody waits for the outcome.
pub(super) async fn perhaps_cancel(visitor: &mut Visitor) {
    let ratio = visitor.shop.scenario.shoppers.cancel_ratio;
    let Some(order_id) = visitor.orders.pop().filter(|_| happens(visitor, ratio)) else { return };
    let due_us = visitor.shop.clock.now_us() + CANCEL_AFTER_US;
    visitor.wait_until(due_us).await;
    let request = bare(Method::POST, &format!("/v1/orders/{order_id}/cancel"), &visitor.id);
    visitor.ask(Endpoint::Cancel, request, due_us, answer::plain).await;
}

/// A choice of this shopper's own.
fn happens(visitor: &mut Visitor, ratio: f64) -> bool {
    f64::from(visitor.choices.next_u32()) < ratio * 4_294_967_296.0
}
