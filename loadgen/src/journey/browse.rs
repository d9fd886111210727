//! Looks at a list and at a few pages, and buys nothing.

use record::Outcome;

use super::Visitor;

/// Most pages of one visit, after the first.
const FURTHER_PAGES: u32 = 3;

/// Looks around. Whoever saw what they came for has no outcome; it is an error that is one.
pub(super) async fn look_around(visitor: &mut Visitor) -> Result<(), Outcome> {
    visitor.list(visitor.clicked_us + visitor.on_its_way_us()).await?;
    for _ in 0..=visitor.choose(FURTHER_PAGES) {
        let draw = visitor.draw();
        let product = visitor.shop.catalogue.pick(draw);
        let due_us = visitor.after_thinking().await;
        visitor.page(product, None, due_us).await?;
    }
    Ok(())
}
