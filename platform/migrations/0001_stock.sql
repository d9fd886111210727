-- Stock: what can be sold, and every movement of it.
--
-- The ledger is the truth and is only ever appended to; inventory.on_hand is the balance kept beside it, so that a
-- sale reads one row and not a history. Per SKU, the sum of the ledger equals inventory.on_hand plus the sum of its
-- buckets: the stock checker compares exactly that.

CREATE TABLE products (
    sku          text PRIMARY KEY,
    name         text NOT NULL,
    price_cents  bigint NOT NULL CHECK (price_cents > 0),
    currency     text NOT NULL,
    -- Flash products are sold through their own lane, with a pool, limits and workers of its own.
    flash        boolean NOT NULL,
    created_at   timestamptz NOT NULL
);

CREATE TABLE inventory (
    sku      text PRIMARY KEY REFERENCES products (sku),
    -- No CHECK (on_hand >= 0): a stock-take may book a correction below zero. What guards a sale is the condition in
    -- its UPDATE.
    on_hand  bigint NOT NULL,
    version  bigint NOT NULL,
    status   text NOT NULL CHECK (status IN ('open', 'closed'))
);

-- The balance of one SKU split over rows, so that commits of one hot product do not queue on one row lock. Empty
-- unless the commit strategy is `buckets`.
CREATE TABLE inventory_buckets (
    sku      text NOT NULL REFERENCES inventory (sku),
    bucket   bigint NOT NULL,
    on_hand  bigint NOT NULL,
    PRIMARY KEY (sku, bucket)
);

CREATE TABLE stock_ledger (
    entry_id     bigserial PRIMARY KEY,
    sku          text NOT NULL REFERENCES inventory (sku),
    -- 'stocked' adds supply, 'sold' takes an order's units, 'returned' gives a cancelled order's units back.
    kind         text NOT NULL CHECK (kind IN ('stocked', 'sold', 'returned')),
    -- The order that moved the stock; for 'stocked', the delivery.
    reference    text NOT NULL,
    delta        bigint NOT NULL CHECK (delta <> 0),
    recorded_at  timestamptz NOT NULL,
    -- One order moves the stock of a SKU once each way, however often its commit is tried.
    UNIQUE (reference, sku, kind)
);

-- The Redis gate's fence. One row. Scripts carry the epoch they were issued under and are refused under another; the
-- epoch moves on whenever the counters may have lost writes.
CREATE TABLE gate_epoch (
    id            bigint PRIMARY KEY CHECK (id = 1),
    epoch         bigint NOT NULL,
    -- The Redis server process the counters were built in; a restart or a failover changes it.
    redis_run_id  text NOT NULL,
    -- 'open': orders are placed on holds. 'closed': Redis is away, orders are placed on Postgres alone. 'closing': every
    -- process that may still believe the gate open is given time to learn better. 'rebuilding': counters are being set.
    -- In the last two nobody places orders, so no order is ever unknown to an open gate.
    state         text NOT NULL CHECK (state IN ('open', 'closing', 'closed', 'rebuilding')),
    changed_at    timestamptz NOT NULL
);
