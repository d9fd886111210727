//! The price a shopper was shown, and the one that would be charged.
//!
//! A checkout may say what the shopper was shown. The lane charges what its own list says, so comparing the two is enough:
//! nobody pays a price they have not seen. A repeat of a checkout that went through is answered from its order, whatever
//! the product costs since.

use super::wanted::Wanted;
use super::{Lane, unavailable};
use crate::bugs::KnownBug;
use crate::messages::{ChangedPrice, CheckoutAnswer, CheckoutRequest};
use crate::metrics::Counter;
use crate::transaction::order_record::OrderRecord;

impl Lane {
    /// The answer of a checkout that insists on a price a product no longer has.
    pub(super) async fn at_another_price(&self, request: &CheckoutRequest, lines: &[Wanted]) -> Option<CheckoutAnswer> {
        if self.ctx.bugs.has(KnownBug::ShownPriceIgnored) {
            return None;
        }
        let changed: Vec<ChangedPrice> = lines.iter().filter_map(Wanted::changed_price).collect();
        let first = changed.first()?;
        let found = OrderRecord::read(&*self.ctx.sql, &self.ctx.texts, &request.order_id).await;
        if matches!(found, Ok(None)) {
            self.ctx.metrics.count(Counter::PriceChangedRefused);
        }
        Some(match found {
            Ok(Some(found)) => self.answer_found(request, lines, &found, None).await,
            Ok(None) if lines.len() == 1 => {
                CheckoutAnswer::PriceChanged { price_cents: first.price_cents, shown_cents: first.shown_cents }
            }
            Ok(None) => CheckoutAnswer::PricesChanged { lines: changed },
            Err(_) => unavailable(),
        })
    }
}
