-- Orders of several products. The first line of an order, by SKU, stands in the order itself: an order of one product,
-- as every order of a flash sale is, stays one row. What lies here are its further lines.

ALTER TABLE orders ADD COLUMN line_count bigint NOT NULL DEFAULT 1;

CREATE TABLE order_lines (
    order_id      text NOT NULL REFERENCES orders (order_id),
    -- Greater than the SKU of the order's first line; lines are taken up in SKU order wherever rows are locked.
    sku           text NOT NULL REFERENCES products (sku),
    quantity      bigint NOT NULL CHECK (quantity > 0),
    -- Part of orders.amount_cents; what the further lines leave of that is the first line's.
    amount_cents  bigint NOT NULL CHECK (amount_cents > 0),
    PRIMARY KEY (order_id, sku)
);
