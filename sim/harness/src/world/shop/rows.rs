//! The rows with which the catalog starts: its products spread over categories, in the order of the scenario.

use scenario::Scenario;

/// A script for the catalog's database.
#[must_use]
pub fn first_rows(scenario: &Scenario) -> String {
    let Some(browsing) = &scenario.browsing else { return String::new() };
    let categories = usize::try_from(browsing.categories).expect("few");
    let mut script = String::from("BEGIN;\nINSERT INTO sellers (seller_id, name) VALUES ('s1', 'Doorbuster');\n");
    for category in 1..=categories {
        script.push_str(&format!(
            "INSERT INTO categories (category, name) VALUES ('c{category}', 'Category {category}');\n"
        ));
    }
    for (place, product) in scenario.catalogue().products.iter().enumerate() {
        let sku = product.sku.replace('\'', "''");
        let category = 1 + place % categories;
        let status = if browsing.begins_hidden(&product.sku) { "hidden" } else { "active" };
        script.push_str(&format!(
            "INSERT INTO products (sku, seller_id, category, name, description, attributes, price_cents, currency, flash, \
             deal_ends_at, status, version, updated_at) VALUES ('{sku}', 's1', 'c{category}', '{sku}', 'As good as it \
             sounds.', '{{}}', {}, 'usd', {}, NULL, '{status}', 1, now());\n",
            product.price_cents, product.flash,
        ));
    }
    script.push_str("COMMIT;\n");
    script
}
