//! The shop window: what of a catalog file is for looking at, booked into the catalog's own database.
//!
//! Unlike prices and stock in the database of orders, a page may change: what the file says replaces what is there.

use std::collections::BTreeMap;

use ports::clock::Clock;
use ports::sql::{Isolation, SqlPool, SqlTransaction, SqlValue};
use serde::Deserialize;

use super::{Catalog, CatalogError, Product, is_sku_byte};
use crate::clock::SystemClock;

/// What a product's page shows besides name and price.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Page {
    /// The category's id.
    pub category: String,
    /// Who sells it.
    pub seller: String,
    /// A few sentences.
    pub description: String,
    /// What products of its category are compared by.
    pub attributes: BTreeMap<String, String>,
    /// How long after the booking its deal ends, in seconds; no deal without it.
    pub deal_ends_after_s: Option<i64>,
}

impl Default for Page {
    fn default() -> Self {
        Self {
            category: "other".to_owned(),
            seller: "Doorbuster".to_owned(),
            description: String::new(),
            attributes: BTreeMap::new(),
            deal_ends_after_s: None,
        }
    }
}

impl Page {
    /// What about it cannot be.
    pub(super) fn complaint(&self) -> Option<&'static str> {
        let texts = [&self.seller, &self.description].into_iter().chain(self.attributes.values());
        if self.category.is_empty() || self.category.len() > 64 || !self.category.bytes().all(is_sku_byte) {
            Some("a category has 1 to 64 letters, digits, dots, dashes and underscores")
        } else if texts.chain(self.attributes.keys()).any(|text| text.contains('\0')) {
            Some("no text can contain U+0000")
        } else if self.deal_ends_after_s.is_some_and(|seconds| !(1..=31_536_000).contains(&seconds)) {
            Some("deal_ends_after_s lies between 1 and a year")
        } else {
            None
        }
    }
}

/// Books every page in one transaction: all of them, or none.
///
/// # Errors
/// The database's own error.
pub async fn fill(sql: &dyn SqlPool, catalog: &Catalog) -> Result<(), CatalogError> {
    let mut transaction = sql.begin(Isolation::ReadCommitted).await?;
    for product in &catalog.products {
        show(&mut *transaction, product).await?;
    }
    transaction.commit().await?;
    Ok(())
}

async fn show(transaction: &mut dyn SqlTransaction, product: &Product) -> Result<(), CatalogError> {
    let page = &product.page;
    let (category, seller): (SqlValue, SqlValue) = (page.category.as_str().into(), page.seller.as_str().into());
    transaction.query(include_str!("../../sql/window/category.sql"), std::slice::from_ref(&category)).await?;
    transaction.query(include_str!("../../sql/window/seller.sql"), std::slice::from_ref(&seller)).await?;
    let attributes = serde_json::to_string(&page.attributes).expect("texts have no way to fail");
    let deal = page
        .deal_ends_after_s
        .map_or(SqlValue::Null, |seconds| SqlValue::Timestamp(SystemClock.now_us() + seconds * 1_000_000));
    let params = [
        product.sku.as_str().into(),
        seller,
        category,
        product.name.as_deref().unwrap_or(&product.sku).into(),
        page.description.as_str().into(),
        SqlValue::Json(attributes.into()),
        product.price_cents.into(),
        product.currency.as_str().into(),
        product.flash.into(),
        deal,
    ];
    transaction.query(include_str!("../../sql/window/product.sql"), &params).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_cannot_be_is_refused_by_name() {
        let mut catalog = Catalog::embedded();
        catalog.products[0].page.category = "two words".to_owned();
        let refused = catalog.check().unwrap_err().to_string();
        assert_eq!(refused, "product \"KETTLE\": a category has 1 to 64 letters, digits, dots, dashes and underscores");
    }
}
