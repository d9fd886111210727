-- Orders, their payments, and the record of what happened to them.

CREATE TABLE orders (
    -- Derived from the shopper and the idempotency key, so that a repeat finds the first attempt.
    order_id         text PRIMARY KEY,
    shopper_id       text NOT NULL,
    sku              text NOT NULL REFERENCES products (sku),
    quantity         bigint NOT NULL CHECK (quantity > 0),
    amount_cents     bigint NOT NULL CHECK (amount_cents > 0),
    currency         text NOT NULL,
    -- Legal moves are listed in the order state machine; each is recorded in order_transitions.
    status           text NOT NULL CHECK (status IN
                         ('placed', 'confirmed', 'compensating', 'failed', 'refunded',
                          'picking', 'shipped', 'delivered', 'cancelling', 'cancelled')),
    -- Why it failed or was refunded: 'declined', 'sold_out', 'expired', 'unpaid', 'cancelled'. Null while all is well.
    reason           text,
    -- The hash of the request's payload: the same key with another payload is refused.
    fingerprint      text NOT NULL,
    payment_method   text NOT NULL,
    -- The epoch its hold was taken under, 0 when Redis was away and there is no hold; once the order's stock was taken or
    -- returned, the epoch under which that was committed.
    epoch            bigint NOT NULL,
    -- When the compensation worker may take the order up; the saga's own lease until then.
    next_attempt_at  timestamptz NOT NULL,
    attempts         bigint NOT NULL,
    placed_at        timestamptz NOT NULL,
    updated_at       timestamptz NOT NULL
);

-- The compensation worker's queue: orders that are neither settled nor in a saga's hands.
CREATE INDEX orders_unsettled ON orders (next_attempt_at)
    WHERE status IN ('placed', 'compensating', 'cancelling');

-- The warehouse's queue, in the order in which it is worked off: a poll reads no more than the batch it takes.
CREATE INDEX orders_to_ship ON orders (status, updated_at, order_id)
    WHERE status IN ('picking', 'shipped');

CREATE TABLE order_transitions (
    order_id     text NOT NULL REFERENCES orders (order_id),
    -- 1 for the first; the key makes two movers of one order collide instead of both moving it.
    seq          bigint NOT NULL,
    from_status  text,
    to_status    text NOT NULL,
    moved_at     timestamptz NOT NULL,
    PRIMARY KEY (order_id, seq)
);

CREATE TABLE payment_intents (
    order_id      text PRIMARY KEY REFERENCES orders (order_id),
    amount_cents  bigint NOT NULL CHECK (amount_cents > 0),
    -- What the platform knows of the money; the gateway's own record is the truth.
    status        text NOT NULL CHECK (status IN
                      ('created', 'captured', 'declined', 'voided', 'refunded')),
    -- The gateway's id, once an answer has told it.
    gateway_id    text,
    -- The gateway's code, if the card was declined: a repeat is told the same.
    decline_code  text,
    updated_at    timestamptz NOT NULL
);

-- Webhooks of the card gateway that have been taken in; a duplicate finds its row.
CREATE TABLE payment_webhooks (
    webhook_id   text PRIMARY KEY,
    kind         text NOT NULL,
    gateway_id   text NOT NULL,
    received_at  timestamptz NOT NULL
);
