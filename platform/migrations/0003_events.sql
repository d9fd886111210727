-- The transactional outbox, and what each consumer keeps so that an event takes effect once.

CREATE TABLE outbox (
    -- Order in which the relay publishes.
    seq           bigserial PRIMARY KEY,
    -- Names the event for good: consumers deduplicate by it.
    event_id      text NOT NULL UNIQUE,
    topic         text NOT NULL,
    -- The partition key: events of one order keep their order.
    event_key     text NOT NULL,
    kind          text NOT NULL,
    payload       jsonb NOT NULL,
    created_at    timestamptz NOT NULL,
    published_at  timestamptz
);

CREATE INDEX outbox_unpublished ON outbox (seq) WHERE published_at IS NULL;

-- Written in the transaction of the effect itself: a crash between the effect and the offset makes the event come
-- again, and it finds its row here.
CREATE TABLE consumed_events (
    consumer     text NOT NULL,
    event_id     text NOT NULL,
    consumed_at  timestamptz NOT NULL,
    PRIMARY KEY (consumer, event_id)
);

-- The effect of the notification consumer: one message to the shopper per event.
CREATE TABLE notifications (
    notification_id  bigserial PRIMARY KEY,
    event_id         text NOT NULL,
    order_id         text NOT NULL,
    shopper_id       text NOT NULL,
    message          text NOT NULL,
    sent_at          timestamptz NOT NULL
);

-- The effect of the analytics consumer: running totals per SKU.
CREATE TABLE sales_by_sku (
    sku            text PRIMARY KEY,
    orders         bigint NOT NULL,
    units          bigint NOT NULL,
    revenue_cents  bigint NOT NULL,
    cancelled      bigint NOT NULL
);

-- The effect of the warehouse consumer: one parcel per confirmed order.
CREATE TABLE shipments (
    shipment_id   bigserial PRIMARY KEY,
    order_id      text NOT NULL,
    sku           text NOT NULL,
    quantity      bigint NOT NULL,
    requested_at  timestamptz NOT NULL
);
