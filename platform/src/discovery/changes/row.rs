//! A product's row, read from the change stream or from the table itself: two ways to the same value, so that an index
//! built from one can be held against the other.

use ports::sql::{Row, SqlValue};
use serde::{Deserialize, Deserializer};

use super::moment;

/// A row of `products`. Columns that are added later are passed over.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ProductRow {
    /// Its id.
    pub sku: String,
    /// Who sells it.
    pub seller_id: String,
    /// Where it belongs.
    pub category: String,
    /// What it is called.
    pub name: String,
    /// A few sentences.
    pub description: String,
    /// A flat JSON object of texts.
    pub attributes: String,
    /// What it costs.
    pub price_cents: i64,
    /// ISO 4217, lower case.
    pub currency: String,
    /// Whether the flash lane sells it.
    pub flash: bool,
    /// When its deal ends, in milliseconds since the Unix epoch.
    #[serde(rename = "deal_ends_at", deserialize_with = "moment_ms", default)]
    pub deal_ends_at_ms: Option<i64>,
    /// `active` or `hidden`.
    pub status: String,
    /// Counts the changes of this row.
    pub version: i64,
}

fn moment_ms<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
    let at_ms = moment::parse_ms(&text);
    at_ms.map(Some).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no moment in UTC")))
}

impl ProductRow {
    /// The row of `index_page.sql`.
    #[must_use]
    pub fn of(row: Row<'_>) -> Self {
        let has_deal = row.get("deal_ends_at") != &SqlValue::Null;
        Self {
            sku: row.text("sku").to_owned(),
            seller_id: row.text("seller_id").to_owned(),
            category: row.text("category").to_owned(),
            name: row.text("name").to_owned(),
            description: row.text("description").to_owned(),
            attributes: row.text("attributes").to_owned(),
            price_cents: row.int("price_cents"),
            currency: row.text("currency").to_owned(),
            flash: row.bool("flash"),
            deal_ends_at_ms: has_deal.then(|| row.timestamp_us("deal_ends_at").div_euclid(1_000)),
            status: row.text("status").to_owned(),
            version: row.int("version"),
        }
    }
}
