-- What was bought together with what: the effect of the recommendations consumer, and nothing else's. No key points to
-- products: a product may go, and the counts with it or not, without anybody's order waiting for it.

CREATE TABLE bought_together (
    sku     text NOT NULL,
    other   text NOT NULL,
    -- Confirmed orders that have both. A pair is there in both directions.
    orders  bigint NOT NULL,
    PRIMARY KEY (sku, other)
);
