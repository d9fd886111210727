//! What a checkout wants, line by line, with the product that each line names.

use std::sync::Arc;

use super::{Lane, unavailable};
use crate::messages::{ChangedPrice, CheckoutAnswer, CheckoutRequest};
use crate::transaction::inventory::Claim;
use crate::transaction::products::{Listing, Lookup};

/// One line.
pub(super) struct Wanted {
    pub(super) listing: Arc<Listing>,
    pub(super) quantity: i64,
    pub(super) amount_cents: i64,
    shown_price_cents: Option<i64>,
}

impl Wanted {
    /// Its hold, under the request's id.
    pub(super) fn claim<'a>(&'a self, request: &'a CheckoutRequest) -> Claim<'a> {
        Claim {
            keys: &self.listing.keys,
            order_id: &request.order_id,
            quantity: self.quantity,
            fingerprint: &request.fingerprint,
        }
    }

    pub(super) fn sku(&self) -> &str {
        &self.listing.product.sku
    }

    /// Both prices, when the shopper was shown another than this product has.
    pub(super) fn changed_price(&self) -> Option<ChangedPrice> {
        let price_cents = self.listing.product.price_cents;
        let shown_cents = self.shown_price_cents.filter(|shown| *shown != price_cents)?;
        Some(ChangedPrice { sku: self.sku().to_owned(), price_cents, shown_cents })
    }
}

/// What all lines cost.
pub(super) fn amount_of(lines: &[Wanted]) -> i64 {
    lines.iter().map(|line| line.amount_cents).sum()
}

impl Lane {
    /// The lines of a request, in SKU order. The error is the answer of a checkout that names what cannot be bought.
    pub(super) async fn wanted(&self, request: &CheckoutRequest) -> Result<Vec<Wanted>, CheckoutAnswer> {
        let mut lines = Vec::with_capacity(1 + request.further.len());
        lines.push(self.line(request, &request.sku, request.quantity, request.shown_price_cents).await?);
        for further in &request.further {
            lines.push(self.line(request, &further.sku, further.quantity, further.shown_price_cents).await?);
        }
        let currency = &lines[0].listing.product.currency;
        if lines.iter().any(|line| line.listing.product.currency != *currency) {
            return Err(CheckoutAnswer::MixedCurrencies);
        }
        if lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.amount_cents)).is_none() {
            return Err(unknown(request, &request.sku));
        }
        Ok(lines)
    }

    async fn line(
        &self,
        request: &CheckoutRequest,
        sku: &str,
        quantity: i64,
        shown_price_cents: Option<i64>,
    ) -> Result<Wanted, CheckoutAnswer> {
        let listing = match self.catalog.look_up(sku).await {
            Lookup::Known(listing) => listing,
            Lookup::Unknown => return Err(unknown(request, sku)),
            Lookup::Unavailable => return Err(unavailable()),
        };
        // Where no amount fits, no such purchase exists.
        let amount_cents = listing.product.price_cents.checked_mul(quantity).ok_or_else(|| unknown(request, sku))?;
        Ok(Wanted { listing, quantity, amount_cents, shown_price_cents })
    }
}

fn unknown(request: &CheckoutRequest, sku: &str) -> CheckoutAnswer {
    if request.further.is_empty() {
        CheckoutAnswer::UnknownProduct
    } else {
        CheckoutAnswer::LineUnknown { sku: sku.to_owned() }
    }
}
