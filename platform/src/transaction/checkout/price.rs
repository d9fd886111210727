//! The price a shopper was shown, and the one that would be charged.
//!
//! A checkout may say what the shopper was shown. The lane charges what its own list says, so comparing the two is enough:
//! nobody pays a price they have not seen. A repeat of a checkout that went through is answered from its order, whatever
//! the product costs since.

use super::{Lane, unavailable};
use crate::messages::{CheckoutAnswer, CheckoutRequest};
use crate::transaction::order_record::OrderRecord;
use crate::transaction::products::Listing;

impl Lane {
    /// The answer of a checkout that insists on a price the product no longer has.
    pub(super) async fn at_another_price(
        &self,
        request: &CheckoutRequest,
        listing: &Listing,
    ) -> Option<CheckoutAnswer> {
        let price_cents = listing.product.price_cents;
        let shown_cents = request.shown_price_cents.filter(|shown| *shown != price_cents)?;
        Some(match OrderRecord::read(&*self.ctx.sql, &self.ctx.texts, &request.order_id).await {
            Ok(Some(found)) => self.answer_found(request, &found, None).await,
            Ok(None) => CheckoutAnswer::PriceChanged { price_cents, shown_cents },
            Err(_) => unavailable(),
        })
    }
}
