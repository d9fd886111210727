//! The platform's statements, scripts and migrations, as files that people read.
//!
//! The files are compiled in; a directory may replace any of them at start, so that an edited copy of one statement
//! can be put through the simulator without a rebuild. A replacement for a file that is not in use is an error: a
//! misspelt name must not look like a passed test.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One file, by its place in the table below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TextId(usize);

/// Declares the constants by which the code names its files, and the table of what was compiled in.
macro_rules! texts {
    ($($name:ident = $path:literal),+ $(,)?) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "counts the files; never seen outside")]
        enum Index { $($name),+ }
        impl TextId {
            $(
                #[doc = concat!("`", $path, "`")]
                pub const $name: TextId = TextId(Index::$name as usize);
            )+
        }
        const EMBEDDED: &[(&str, &str)] = &[$(($path, include_str!(concat!("../", $path)))),+];
    };
}

texts! {
    MIGRATION_STOCK = "migrations/0001_stock.sql",
    MIGRATION_ORDERS = "migrations/0002_orders.sql",
    MIGRATION_EVENTS = "migrations/0003_events.sql",
    MIGRATION_ORDER_LINES = "migrations/0004_order_lines.sql",
    MIGRATION_BOUGHT_TOGETHER = "migrations/0005_bought_together.sql",
    MIGRATION_ACCOUNTS = "migrations/0006_accounts.sql",

    // The catalog, in a database of its own.
    CATALOG_MIGRATION_CATALOG = "catalog-migrations/0001_catalog.sql",
    CATALOG_MIGRATION_CHANGE_STREAM = "catalog-migrations/0002_change_stream.sql",
    CATALOG_PRODUCT = "sql/catalog/product.sql",
    CATALOG_PAGE = "sql/catalog/page.sql",
    CATALOG_PAGE_OF_CATEGORY = "sql/catalog/page_of_category.sql",
    CATALOG_CATEGORIES = "sql/catalog/categories.sql",
    CATALOG_INDEX_PAGE = "sql/catalog/index_page.sql",
    LUA_CATALOG_READ = "lua/catalog/read.lua",
    LUA_CATALOG_FILL = "lua/catalog/fill.lua",
    LUA_CATALOG_BUG_FILL_REGARDLESS = "lua/catalog/bug_fill_regardless.lua",
    LUA_CATALOG_GIVE_UP = "lua/catalog/give_up.lua",
    LUA_CATALOG_INVALIDATE = "lua/catalog/invalidate.lua",
    SEARCH_INDEX = "search/products.json",

    // Accounts.
    ACCOUNTS_CREATE = "sql/accounts/create.sql",
    ACCOUNTS_BY_EMAIL = "sql/accounts/by_email.sql",
    ACCOUNTS_OPEN_SESSION = "sql/accounts/open_session.sql",
    ACCOUNTS_SESSION = "sql/accounts/session.sql",
    ACCOUNTS_SESSIONS = "sql/accounts/sessions.sql",
    ACCOUNTS_REVOKE = "sql/accounts/revoke.sql",

    // Carts.
    LUA_CART_READ = "lua/cart/read.lua",
    LUA_CART_PUT = "lua/cart/put.lua",
    LUA_CART_MERGE = "lua/cart/merge.lua",
    LUA_CART_BOUGHT = "lua/cart/bought.lua",
    LUA_CART_BUG_WRITE_BACK = "lua/cart/bug_write_back.lua",
    LUA_CART_BUG_MERGE_ADDS_UP = "lua/cart/bug_merge_adds_up.lua",

    // Health, orders and fulfilment.
    HEALTH_READY = "sql/health/ready.sql",
    ORDERS_BY_ID = "sql/orders/by_id.sql",
    ORDERS_LOCK_OWN = "sql/orders/lock_own.sql",
    ORDERS_CANCEL = "sql/orders/cancel.sql",
    ORDERS_MOVE = "sql/orders/move.sql",
    ORDERS_LINES = "sql/orders/lines.sql",
    OUTBOX_APPEND = "sql/fulfilment/outbox_append.sql",
    OUTBOX_NEXT = "sql/fulfilment/outbox_next.sql",
    OUTBOX_MARK_PUBLISHED = "sql/fulfilment/outbox_mark_published.sql",
    CONSUMED_RECORD = "sql/fulfilment/consumed_record.sql",
    NOTIFICATION_SEND = "sql/fulfilment/notification_send.sql",
    BOUGHT_TOGETHER_ADD = "sql/fulfilment/bought_together_add.sql",
    DISCOVERY_BOUGHT_WITH = "sql/discovery/bought_with.sql",
    ANALYTICS_ADD = "sql/fulfilment/analytics_add.sql",
    WAREHOUSE_REQUEST = "sql/fulfilment/warehouse_request.sql",
    WAREHOUSE_DUE = "sql/fulfilment/warehouse_due.sql",

    // The gate.
    LUA_RESERVE = "lua/reserve.lua",
    LUA_RELEASE = "lua/release.lua",
    LUA_BUG_RELEASE_REGARDLESS = "lua/bug_release_regardless.lua",
    LUA_CONFIRM = "lua/confirm.lua",
    LUA_RESTOCK = "lua/restock.lua",
    LUA_RENEW = "lua/renew.lua",
    LUA_SURVEY = "lua/survey.lua",
    LUA_REBUILD_BEGIN = "lua/rebuild_begin.lua",
    LUA_REBUILD_SKU = "lua/rebuild_sku.lua",
    LUA_REBUILD_FINISH = "lua/rebuild_finish.lua",

    // Inventory.
    INVENTORY_READ_EPOCH = "sql/inventory/read_epoch.sql",
    INVENTORY_FIRST_EPOCH = "sql/inventory/first_epoch.sql",
    INVENTORY_BEGIN_REBUILD = "sql/inventory/begin_rebuild.sql",
    INVENTORY_SET_GATE_STATE = "sql/inventory/set_gate_state.sql",
    INVENTORY_STOCK_LEVELS = "sql/inventory/stock_levels.sql",
    INVENTORY_STOCKED_LEVELS = "sql/inventory/stocked_levels.sql",
    INVENTORY_ORDERS_FOR_REBUILD = "sql/inventory/orders_for_rebuild.sql",
    INVENTORY_LINES_FOR_REBUILD = "sql/inventory/lines_for_rebuild.sql",
    INVENTORY_ORDERS_OF_HOLDS = "sql/inventory/orders_of_holds.sql",
    INVENTORY_SPREAD = "sql/inventory/spread.sql",
    INVENTORY_AVAILABILITY = "sql/inventory/availability.sql",

    // Checkout.
    CHECKOUT_PRODUCTS = "sql/checkout/products.sql",
    CHECKOUT_PLACE = "sql/checkout/place.sql",
    CHECKOUT_PLACE_DEGRADED = "sql/checkout/place_degraded.sql",
    CHECKOUT_BUG_PLACE_DEGRADED = "sql/checkout/bug_place_degraded.sql",
    CHECKOUT_PLACE_LINES = "sql/checkout/place_lines.sql",
    CHECKOUT_PLACE_LINES_DEGRADED = "sql/checkout/place_lines_degraded.sql",
    CHECKOUT_READ_ORDER = "sql/checkout/read_order.sql",

    // The hard commit.
    COMMIT_FENCE = "sql/commit/fence.sql",
    COMMIT_CONFIRM_ORDER = "sql/commit/confirm_order.sql",
    COMMIT_READ_VERSION = "sql/commit/read_version.sql",
    COMMIT_TAKE_VERSION = "sql/commit/take_version.sql",
    COMMIT_BUG_TAKE_ANY_VERSION = "sql/commit/bug_take_any_version.sql",
    COMMIT_TAKE_CONDITIONAL = "sql/commit/take_conditional.sql",
    COMMIT_BUG_TAKE_UNCONDITIONALLY = "sql/commit/bug_take_unconditionally.sql",
    COMMIT_TAKE_BUCKET = "sql/commit/take_bucket.sql",
    COMMIT_LOCK_BUCKETS = "sql/commit/lock_buckets.sql",
    COMMIT_TAKE_BUCKETS = "sql/commit/take_buckets.sql",
    COMMIT_GROUP_LOCK_ORDERS = "sql/commit/group_lock_orders.sql",
    COMMIT_GROUP_LOCK_STOCK = "sql/commit/group_lock_stock.sql",
    COMMIT_GROUP_WRITE = "sql/commit/group_write.sql",
    COMMIT_GROUP_WRITE_LINES = "sql/commit/group_write_lines.sql",

    // Compensation.
    COMPENSATION_CLAIM = "sql/compensation/claim.sql",
    COMPENSATION_POSTPONE = "sql/compensation/postpone.sql",
    COMPENSATION_BEGIN = "sql/compensation/begin.sql",
    COMPENSATION_FAIL = "sql/compensation/fail.sql",
    COMPENSATION_REFUNDED = "sql/compensation/refunded.sql",
    COMPENSATION_CANCELLED = "sql/compensation/cancelled.sql",
    COMPENSATION_RETURN_LINE = "sql/compensation/return_line.sql",

    // Payments.
    PAYMENTS_TAKE_WEBHOOK = "sql/payments/take_webhook.sql",
}

/// Why a directory of replacements was refused.
#[derive(Debug, thiserror::Error)]
pub enum TextsError {
    /// A file could not be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// A file has the name of none of the platform's.
    #[error("{}: the platform has no such file; replacements keep the names they have under platform/", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
    },
}

/// All files, as one process uses them.
#[derive(Debug, Clone)]
pub struct Texts {
    texts: Arc<[Arc<str>]>,
}

impl Texts {
    /// The files that were compiled in.
    #[must_use]
    pub fn embedded() -> Self {
        Self { texts: EMBEDDED.iter().map(|(_, text)| Arc::from(*text)).collect() }
    }

    /// The compiled-in files, with those found under `directory` (laid out as under `platform/`) in their place.
    pub fn with_replacements(directory: &Path) -> Result<Self, TextsError> {
        let mut texts: Vec<Arc<str>> = EMBEDDED.iter().map(|(_, text)| Arc::from(*text)).collect();
        for path in files_below(directory)? {
            let name = path.strip_prefix(directory).expect("the walk started there").to_string_lossy().into_owned();
            let Some(index) = EMBEDDED.iter().position(|(known, _)| *known == name) else {
                return Err(TextsError::Unknown { path });
            };
            let text = std::fs::read_to_string(&path).map_err(|error| TextsError::Unreadable { path, error })?;
            texts[index] = text.into();
        }
        Ok(Self { texts: texts.into() })
    }

    /// The text of a file.
    #[must_use]
    pub fn get(&self, id: TextId) -> &str {
        &self.texts[id.0]
    }

    /// The migrations' names and texts, in the order in which they are applied.
    pub fn migrations(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.below("migrations/")
    }

    /// The names and texts of the catalog database's migrations, in the order in which they are applied.
    pub fn catalog_migrations(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.below("catalog-migrations/")
    }

    /// The Redis scripts' names and texts.
    pub fn scripts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.below("lua/")
    }

    fn below(&self, folder: &'static str) -> impl Iterator<Item = (&'static str, &str)> {
        EMBEDDED
            .iter()
            .zip(self.texts.iter())
            .filter(move |((name, _), _)| name.starts_with(folder))
            .map(|((name, _), text)| (*name, &**text))
    }
}

fn files_below(directory: &Path) -> Result<Vec<PathBuf>, TextsError> {
    let unreadable = |path: &Path| {
        let path = path.to_path_buf();
        move |error| TextsError::Unreadable { path, error }
    };
    let mut files = Vec::new();
    let mut pending = vec![directory.to_path_buf()];
    while let Some(next) = pending.pop() {
        for entry in std::fs::read_dir(&next).map_err(unreadable(&next))? {
            let path = entry.map_err(unreadable(&next))?.path();
            if path.is_dir() {
                pending.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
