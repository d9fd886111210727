//! The catalog: products and the deliveries they come in by, read from a TOML or JSON file and booked into Postgres.
//!
//! Seeding is idempotent: what is there stays as it is. A file that contradicts what is there is refused, and nothing of
//! it is booked, because a price or a stock that silently stays the old one is how a sale goes wrong.

pub mod many;
pub mod window;

use std::path::{Path, PathBuf};

use ports::sql::{Isolation, Row, SqlError, SqlPool, SqlTransaction, SqlValue};
use serde::Deserialize;

/// A catalog file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalog {
    /// Its products.
    #[serde(rename = "product", alias = "products")]
    pub products: Vec<Product>,
}

/// One product and one delivery of it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Its id.
    pub sku: String,
    /// Its name; the id when there is none.
    #[serde(default)]
    pub name: Option<String>,
    /// Price of one unit.
    pub price_cents: i64,
    /// ISO 4217, lower case.
    #[serde(default = "usd")]
    pub currency: String,
    /// Whether the flash lane sells it.
    #[serde(default)]
    pub flash: bool,
    /// Units delivered.
    pub stock: i64,
    /// Its page: what is for looking at only.
    #[serde(default)]
    pub page: window::Page,
    /// The delivery's name: the same one is booked once, however often it is seeded.
    #[serde(default = "initial")]
    pub delivery: String,
}

fn usd() -> String {
    "usd".to_owned()
}

fn initial() -> String {
    "initial".to_owned()
}

/// Why a catalog was not booked.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    /// The file could not be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file is no catalog.
    #[error("{}: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A product that cannot be.
    #[error("product {sku:?}: {what}")]
    Invalid {
        /// Its id.
        sku: String,
        /// What is wrong with it.
        what: String,
    },
    /// Something else is stored.
    #[error("product {sku:?}: the catalog says {field} {wanted}, but {stored} is stored")]
    Contradicts {
        /// Its id.
        sku: String,
        /// What differs.
        field: &'static str,
        /// The catalog's value.
        wanted: String,
        /// The stored value.
        stored: String,
    },
    /// The database refused or was away.
    #[error("Postgres: {0}")]
    Sql(#[from] SqlError),
}

/// What a seeding did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seeded {
    /// Products that were not there.
    pub products: u64,
    /// Deliveries booked now.
    pub deliveries: u64,
    /// Units in them.
    pub units: i64,
    /// Products whose delivery had been booked before.
    pub unchanged: u64,
}

impl Catalog {
    /// What `serve --embedded` sells unless it is told otherwise.
    #[must_use]
    pub fn embedded() -> Self {
        toml::from_str(include_str!("../catalog.toml")).expect("the catalog that is compiled in is tested")
    }

    /// Reads a file: JSON when its name says so, else TOML.
    ///
    /// # Errors
    /// When it cannot be read, is no catalog, or holds a product that cannot be.
    pub fn read(path: &Path) -> Result<Self, CatalogError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| CatalogError::Unreadable { path: path.to_path_buf(), error })?;
        let malformed = |what: String| CatalogError::Malformed { path: path.to_path_buf(), what };
        let catalog: Self = if path.extension().is_some_and(|extension| extension == "json") {
            serde_json::from_str(&text).map_err(|error| malformed(error.to_string()))?
        } else {
            toml::from_str(&text).map_err(|error| {
                let line = error.span().map_or(1, |span| text[..span.start].lines().count().max(1));
                malformed(format!("line {line}: {}", error.message()))
            })?
        };
        catalog.check()?;
        Ok(catalog)
    }

    /// Looks for what no product can be.
    ///
    /// # Errors
    /// The first such product.
    pub fn check(&self) -> Result<(), CatalogError> {
        for (index, product) in self.products.iter().enumerate() {
            let twice = self.products[..index].iter().any(|other| other.sku == product.sku);
            let what = if product.sku.is_empty() || product.sku.len() > 64 || !product.sku.bytes().all(is_sku_byte) {
                "an id has 1 to 64 letters, digits, dots, dashes and underscores"
            } else if twice {
                "it is there twice"
            } else if product.price_cents < 1 {
                "price_cents must be at least 1"
            } else if product.currency.len() != 3 || !product.currency.bytes().all(|byte| byte.is_ascii_lowercase()) {
                "currency must be three lower-case letters"
            } else if product.stock < 1 {
                "stock must be at least 1"
            } else if product.delivery.is_empty() {
                "delivery must not be empty"
            } else if let Some(what) = product.page.complaint() {
                what
            } else {
                continue;
            };
            return Err(CatalogError::Invalid { sku: product.sku.clone(), what: what.to_owned() });
        }
        Ok(())
    }
}

fn is_sku_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// Books the catalog in one transaction: all of it, or nothing.
///
/// # Errors
/// A contradiction with what is stored, or the database's own error.
pub async fn seed(sql: &dyn SqlPool, catalog: &Catalog) -> Result<Seeded, CatalogError> {
    let mut transaction = sql.begin(Isolation::ReadCommitted).await?;
    let mut seeded = Seeded::default();
    for product in &catalog.products {
        match seed_product(&mut *transaction, product, &mut seeded).await {
            Ok(()) => {}
            Err(error) => {
                // Dropped, the transaction is rolled back as well; what counts is the first error.
                drop(transaction.rollback().await);
                return Err(error);
            }
        }
    }
    transaction.commit().await?;
    Ok(seeded)
}

async fn seed_product(
    transaction: &mut dyn SqlTransaction,
    product: &Product,
    seeded: &mut Seeded,
) -> Result<(), CatalogError> {
    let sku: SqlValue = product.sku.as_str().into();
    let name = product.name.as_deref().unwrap_or(&product.sku);
    let row =
        [sku.clone(), name.into(), product.price_cents.into(), product.currency.as_str().into(), product.flash.into()];
    let inserted = transaction.query(include_str!("../sql/product.sql"), &row).await?.affected;
    if inserted == 0 {
        let stored = transaction.query(include_str!("../sql/known_product.sql"), std::slice::from_ref(&sku)).await?;
        let stored = stored.first().expect("a product that was not inserted is there");
        agree(product, name, stored)?;
    }
    seeded.products += inserted;
    transaction.query(include_str!("../sql/inventory.sql"), std::slice::from_ref(&sku)).await?;
    let reference = format!("{}:{}", product.delivery, product.sku);
    let delivery = [sku.clone(), reference.as_str().into(), product.stock.into()];
    let booked = transaction.query(include_str!("../sql/delivery.sql"), &delivery).await?;
    if booked.first().is_some() {
        transaction.query(include_str!("../sql/balance.sql"), &[sku, product.stock.into()]).await?;
        seeded.deliveries += 1;
        seeded.units += product.stock;
        return Ok(());
    }
    let known = transaction.query(include_str!("../sql/known_delivery.sql"), &delivery[..2]).await?;
    let units = known.first().expect("a delivery that was not booked is there").int("delta");
    seeded.unchanged += 1;
    same(product, "stock", &product.stock, &units)
}

fn agree(product: &Product, name: &str, stored: Row<'_>) -> Result<(), CatalogError> {
    same(product, "name", &name, &stored.text("name"))?;
    same(product, "price_cents", &product.price_cents, &stored.int("price_cents"))?;
    same(product, "currency", &product.currency.as_str(), &stored.text("currency"))?;
    same(product, "flash", &product.flash, &stored.bool("flash"))
}

fn same<T: PartialEq + std::fmt::Debug>(
    product: &Product,
    field: &'static str,
    wanted: &T,
    stored: &T,
) -> Result<(), CatalogError> {
    if wanted == stored {
        return Ok(());
    }
    let (wanted, stored) = (format!("{wanted:?}"), format!("{stored:?}"));
    Err(CatalogError::Contradicts { sku: product.sku.clone(), field, wanted, stored })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalog_that_is_compiled_in_can_be() {
        Catalog::embedded().check().unwrap();
    }

    #[test]
    fn a_product_that_cannot_be_is_refused_by_name() {
        let mut catalog = Catalog::embedded();
        catalog.products[1].stock = 0;
        assert_eq!(catalog.check().unwrap_err().to_string(), "product \"DOORBUSTER-TV\": stock must be at least 1");
        catalog.products[1] = catalog.products[0].clone();
        assert_eq!(catalog.check().unwrap_err().to_string(), "product \"KETTLE\": it is there twice");
    }
}
