-- The catalog: what shoppers look at. A database of its own, so that half a million views a second never take a
-- connection, a lock or a page of memory from those who buy. Prices here are for looking; what is charged is the price
-- in the database of orders.

CREATE TABLE sellers (
    seller_id  text PRIMARY KEY,
    name       text NOT NULL
);

CREATE TABLE categories (
    category  text PRIMARY KEY,
    name      text NOT NULL
);

CREATE TABLE products (
    sku           text PRIMARY KEY,
    seller_id     text NOT NULL REFERENCES sellers (seller_id),
    category      text NOT NULL REFERENCES categories (category),
    name          text NOT NULL,
    description   text NOT NULL,
    -- What a category's products are compared by: a flat object of texts.
    attributes    jsonb NOT NULL,
    price_cents   bigint NOT NULL CHECK (price_cents > 0),
    currency      text NOT NULL,
    -- Sold through the lane for flash products.
    flash         boolean NOT NULL,
    -- When its deal is over, for the countdown; null for none.
    deal_ends_at  timestamptz,
    -- A hidden product is answered as one that does not exist.
    status        text NOT NULL CHECK (status IN ('active', 'hidden')),
    -- Counts the changes of this row.
    version       bigint NOT NULL,
    updated_at    timestamptz NOT NULL
);

-- Pages of one category, and of everything: each is one range of one of these, from the last SKU of the page before.
CREATE INDEX products_of_category ON products (category, sku) WHERE status = 'active';
CREATE INDEX products_listed ON products (sku) WHERE status = 'active';
