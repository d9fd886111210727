//! Reads what happens at the catalog's database: which page a statement reads, and what a committed row says.

use checkers::history::{History, ShopEvent};
use platform::texts::{TextId, Texts};
use postgres_engine::{ChangeOp, RowChange, Value};
use redis_engine::Reply;

/// The name of a product's page in the history.
pub(in crate::world) fn product_page(sku: &str) -> String {
    format!("product:{sku}")
}

/// Knows the statements that read pages.
pub(super) struct CatalogWatch {
    product: String,
    list: String,
    list_of_category: String,
    categories: String,
    /// The digests of the scripts that write pages into the cache.
    fills: [String; 2],
}

impl CatalogWatch {
    pub(super) fn new(texts: &Texts) -> Self {
        let text = |id| texts.get(id).to_owned();
        Self {
            product: text(TextId::CATALOG_PRODUCT),
            list: text(TextId::CATALOG_PAGE),
            list_of_category: text(TextId::CATALOG_PAGE_OF_CATEGORY),
            categories: text(TextId::CATALOG_CATEGORIES),
            fills: [TextId::LUA_CATALOG_FILL, TextId::LUA_CATALOG_BUG_FILL_REGARDLESS]
                .map(|id| redis::Script::new(texts.get(id)).get_hash().to_owned()),
        }
    }

    /// The product's page that a command has written into the cache, by its name, and the version on it.
    pub(super) fn page_cached(&self, words: &[&[u8]], reply: &Reply) -> Option<(String, u32)> {
        let [verb, digest, _two, key, _lock, _token, body, ..] = words else { return None };
        let fills = verb.eq_ignore_ascii_case(b"EVALSHA") && self.fills.iter().any(|fill| fill.as_bytes() == *digest);
        let written = matches!(reply, Reply::Bulk(word) if &**word == b"filled");
        if !fills || !written {
            return None;
        }
        let sku = std::str::from_utf8(key).ok()?.strip_prefix("catalog:product:")?;
        let (_, version) = std::str::from_utf8(body).ok()?.rsplit_once("\"version\":")?;
        Some((product_page(sku), version.trim_end_matches('}').parse().ok()?))
    }

    /// The page that a statement reads.
    pub(super) fn page_read(&self, sql: &str, params: &[Value]) -> Option<String> {
        let word = |place: usize| match params.get(place) {
            Some(Value::Text(word)) => &**word,
            _ => "",
        };
        if sql == self.product {
            Some(product_page(word(0)))
        } else if sql == self.list {
            Some(format!("list after {}", word(0)))
        } else if sql == self.list_of_category {
            Some(format!("list of {} after {}", word(2), word(0)))
        } else {
            (sql == self.categories).then(|| "all categories".to_owned())
        }
    }
}

/// The event of a committed change of a row of the catalog.
pub(super) fn decode(history: &mut History, change: &RowChange) -> Option<ShopEvent> {
    if &*change.table != "products" || change.op == ChangeOp::Delete {
        return None;
    }
    let number = |column: &str| match change.new_value(column) {
        Some(Value::Int(value)) => u32::try_from(*value).unwrap_or(u32::MAX),
        other => panic!("products.{column} is no integer: {other:?}"),
    };
    let text = |column: &str| match change.new_value(column) {
        Some(Value::Text(text)) => text,
        other => panic!("products.{column} is no text: {other:?}"),
    };
    let page = history.page(&product_page(text("sku")));
    let listed = &**text("status") == "active";
    Some(ShopEvent::ProductSet { page, version: number("version"), price_cents: number("price_cents"), listed })
}
