//! Changes of the catalog as merchants make them: new products, new prices, new names, hidden ones, deletions. The same numbers
//! each time.

use crate::stack::Stack;

/// Makes one change after the other.
pub(crate) struct Changes {
    products: u32,
    made: u32,
}

impl Changes {
    pub(crate) fn new(products: u32) -> Self {
        Self { products, made: 0 }
    }

    /// Makes `count` changes, each a transaction of its own.
    pub(crate) async fn make(&mut self, stack: &Stack, count: u32) {
        for _ in 0..count {
            self.made += 1;
            let (number, made) = (self.made.wrapping_mul(7_919) % self.products, self.made);
            let sku = format!("P{number:05}");
            let statement = match made % 5 {
                0 => format!("DELETE FROM products WHERE sku = '{sku}'"),
                1 => format!(
                    "INSERT INTO products VALUES ('N{made:05}', 'Bricks', 'toys', 'New brick {made}', '', '{{}}', {made}, \
                              'usd', false, now(), 'active', 1, now())"
                ),
                2 => format!("UPDATE products SET name = 'Renamed {made}', version = version + 1 WHERE sku = '{sku}'"),
                3 => format!("UPDATE products SET status = 'hidden', version = version + 1 WHERE sku = '{sku}'"),
                _ => format!(
                    "UPDATE products SET price_cents = {made} + 5000, version = version + 1 WHERE sku < '{sku}' AND sku > 'P00200'"
                ),
            };
            stack.sql(&statement).await;
        }
    }
}
