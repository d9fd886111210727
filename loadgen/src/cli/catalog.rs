//! `catalog`: what a scenario sells, as `platform seed-catalog` takes it.

use serde_json::json;

use super::Ended;
use super::args::CatalogArgs;

/// Prints the catalog and returns the exit code.
pub(super) fn catalog(args: &CatalogArgs) -> Result<u8, Ended> {
    let scenario = args.subject.load()?;
    let products: Vec<_> = scenario
        .catalogue()
        .products
        .iter()
        .map(|product| {
            json!({
                "sku": product.sku,
                "price_cents": product.price_cents,
                "flash": product.flash,
                "stock": product.stock,
                "delivery": args.delivery,
            })
        })
        .collect();
    println!("{:#}", json!({ "products": products }));
    Ok(0)
}
