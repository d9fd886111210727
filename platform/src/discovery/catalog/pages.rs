//! Which pages there are, the names they are cached under, and how they are read from Postgres.

use std::fmt::Write;
use std::sync::Arc;

use ports::sql::{Row, SqlError, SqlValue};
use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::texts::TextId;

/// One page.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Wanted {
    /// A product.
    Product {
        /// Its id.
        sku: String,
    },
    /// Products in SKU order.
    List {
        /// Of this category; of all without one.
        category: Option<String>,
        /// After this one; from the first when it is empty.
        after: String,
    },
    /// All categories.
    Categories,
}

#[derive(Serialize)]
struct ProductPage<'a> {
    sku: &'a str,
    name: &'a str,
    description: &'a str,
    category: &'a str,
    category_name: &'a str,
    seller: &'a str,
    attributes: Value,
    price_cents: i64,
    currency: &'a str,
    flash: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    deal_ends_at_ms: Option<i64>,
    version: i64,
}

#[derive(Serialize)]
struct ListedProduct<'a> {
    sku: &'a str,
    name: &'a str,
    category: &'a str,
    price_cents: i64,
    currency: &'a str,
    flash: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    deal_ends_at_ms: Option<i64>,
}

impl Wanted {
    /// Its name in Redis. SKUs and categories have no colon, so no two pages share one.
    pub(super) fn name(&self) -> String {
        let mut name = String::from("catalog:");
        let written = match self {
            Self::Product { sku } => write!(name, "product:{sku}"),
            Self::List { category: Some(category), after } => write!(name, "list:{category}:{after}"),
            Self::List { category: None, after } => write!(name, "list::{after}"),
            Self::Categories => write!(name, "categories"),
        };
        written.expect("a string takes every write");
        name
    }

    /// The page's JSON, from Postgres; `None` when there is no such page.
    pub(super) async fn load(&self, ctx: &Context) -> Result<Option<Arc<str>>, SqlError> {
        match self {
            Self::Product { sku } => {
                let rows = ctx.sql.query(ctx.texts.get(TextId::CATALOG_PRODUCT), &[(&**sku).into()]).await?;
                Ok(rows.first().map(|row| json(&product_page(row))))
            }
            Self::List { category, after } => load_list(ctx, category.as_deref(), after).await,
            Self::Categories => {
                let rows = ctx.sql.query(ctx.texts.get(TextId::CATALOG_CATEGORIES), &[]).await?;
                let named: Vec<Value> = rows
                    .iter()
                    .map(|row| serde_json::json!({"category": row.text("category"), "name": row.text("name")}))
                    .collect();
                Ok(Some(json(&serde_json::json!({ "categories": named }))))
            }
        }
    }
}

fn deal_ends_at_ms(row: Row<'_>) -> Option<i64> {
    let deal = row.get("deal_ends_at") != &SqlValue::Null;
    deal.then(|| row.timestamp_us("deal_ends_at").div_euclid(1_000))
}

fn product_page(row: Row<'_>) -> ProductPage<'_> {
    ProductPage {
        sku: row.text("sku"),
        name: row.text("name"),
        description: row.text("description"),
        category: row.text("category"),
        category_name: row.text("category_name"),
        seller: row.text("seller"),
        attributes: serde_json::from_str(row.text("attributes")).expect("jsonb is JSON"),
        price_cents: row.int("price_cents"),
        currency: row.text("currency"),
        flash: row.bool("flash"),
        deal_ends_at_ms: deal_ends_at_ms(row),
        version: row.int("version"),
    }
}

async fn load_list(ctx: &Context, category: Option<&str>, after: &str) -> Result<Option<Arc<str>>, SqlError> {
    let size = ctx.config.shop.catalog.page_size;
    // One more than a page shows whether there is a next one.
    let mut params: Vec<SqlValue> = vec![after.into(), size.saturating_add(1).into()];
    let text = match category {
        Some(category) => {
            params.push(category.into());
            TextId::CATALOG_PAGE_OF_CATEGORY
        }
        None => TextId::CATALOG_PAGE,
    };
    let rows = ctx.sql.query(ctx.texts.get(text), &params).await?;
    let shown = usize::try_from(size).unwrap_or(usize::MAX);
    let products: Vec<ListedProduct<'_>> = rows
        .iter()
        .take(shown)
        .map(|row| ListedProduct {
            sku: row.text("sku"),
            name: row.text("name"),
            category: row.text("category"),
            price_cents: row.int("price_cents"),
            currency: row.text("currency"),
            flash: row.bool("flash"),
            deal_ends_at_ms: deal_ends_at_ms(row),
        })
        .collect();
    if products.is_empty() && category.is_some() && after.is_empty() {
        // A category without products is answered as one that is not there.
        return Ok(None);
    }
    let last = products.last().filter(|_| rows.rows.len() > shown).map_or("", |product| product.sku);
    Ok(Some(format!("{last}\n{}", json(&products)).into()))
}

/// A cached list: its last SKU, if there are more after it, and its products as JSON. The SKU has a line of its own, so
/// that a list is passed on without being parsed.
pub(super) fn list_of(body: &str) -> (Option<&str>, &str) {
    match body.split_once('\n') {
        Some(("", products)) => (None, products),
        Some((last, products)) => (Some(last), products),
        None => (None, "[]"),
    }
}

fn json(page: &impl Serialize) -> Arc<str> {
    serde_json::to_string(page).expect("pages have string keys and no failing parts").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_pages_share_a_name() {
        let list = |category: Option<&str>, after: &str| {
            Wanted::List { category: category.map(str::to_owned), after: after.to_owned() }.name()
        };
        let names = [
            Wanted::Product { sku: "a".into() }.name(),
            list(None, ""),
            list(None, "a"),
            list(Some("a"), ""),
            list(Some("a"), "a"),
            Wanted::Categories.name(),
        ];
        for (at, name) in names.iter().enumerate() {
            assert!(!names[..at].contains(name), "{name}");
        }
    }
}
