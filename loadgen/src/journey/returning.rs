//! The returning shopper: has the page from last time, looks whether it has changed, and buys at the price it shows.

use record::Outcome;

use super::{Visitor, checkout};

/// Looks again and buys.
pub(super) async fn look_again_and_buy(visitor: &mut Visitor) -> Outcome {
    match look_again(visitor).await {
        Ok(price_cents) => visitor.shown_price_cents = price_cents,
        Err(outcome) => return outcome,
    }
    visitor.clicked_us = visitor.shop.clock.now_us();
    checkout::buy(visitor).await
}

/// The page of last time, then the same page again; the price of whichever showed one.
async fn look_again(visitor: &mut Visitor) -> Result<Option<i64>, Outcome> {
    let due_us = visitor.clicked_us + visitor.on_its_way_us();
    visitor.wait_until(due_us).await;
    let before = visitor.page(visitor.product, None, due_us).await?;
    let due_us = visitor.after_thinking().await;
    let now = visitor.page(visitor.product, Some(&before), due_us).await?;
    Ok(now.price_cents.or(before.price_cents))
}
