//! The tables programs work on: small, so that sessions meet, with every kind of constraint the platform has.

/// Tables, indexes and sequences; the same text on both sides.
pub(super) const SCHEMA: &str = "
    CREATE TABLE item (
        id int PRIMARY KEY,
        grp int NOT NULL,
        qty int NOT NULL CHECK (qty >= 0),
        tag text UNIQUE,
        doc jsonb NOT NULL DEFAULT '{}',
        at timestamptz,
        price numeric(10, 2) NOT NULL DEFAULT 0,
        live boolean NOT NULL DEFAULT true
    );
    CREATE INDEX item_grp ON item (grp, id);
    CREATE TABLE orders (
        id bigserial PRIMARY KEY,
        item_id int REFERENCES item (id),
        qty int NOT NULL CHECK (qty > 0),
        state text NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'paid', 'gone'))
    );
    CREATE INDEX orders_open ON orders (id) WHERE state = 'new';
    CREATE INDEX orders_item ON orders (item_id, id);
    CREATE TABLE line (
        order_id bigint REFERENCES orders (id) ON DELETE CASCADE,
        n int,
        note text,
        PRIMARY KEY (order_id, n)
    );
    CREATE TABLE counter (k text PRIMARY KEY, v bigint NOT NULL, hits int NOT NULL DEFAULT 1);
    CREATE SEQUENCE ticket;
";

/// What every program starts with.
pub(super) const ROWS: &str = "
    INSERT INTO item (id, grp, qty, tag, doc, at, price, live) VALUES
        (1, 1, 5, 'a', '{\"n\": 1, \"s\": \"x\"}', '2024-01-31 10:00:00Z', 1.50, true),
        (2, 1, 3, 'b', '{\"n\": 2, \"list\": [1, 2]}', '2024-02-29 23:59:59Z', 2.00, true),
        (3, 2, 1, 'c', '{}', NULL, 0.99, true),
        (4, 2, 0, NULL, '{\"n\": null}', '2023-12-31 00:00:00Z', 10.00, false);
    INSERT INTO orders (item_id, qty, state) VALUES (1, 1, 'new'), (1, 2, 'new'), (2, 1, 'paid'), (NULL, 4, 'new');
    INSERT INTO line VALUES (1, 1, 'first'), (1, 2, NULL), (2, 1, 'other');
    INSERT INTO counter VALUES ('x', 10, 1), ('y', 0, 1);
";

/// Empties a server's tables for the next program.
pub(super) const CLEAR: &str = "
    TRUNCATE item, orders, line, counter RESTART IDENTITY;
    ALTER SEQUENCE ticket RESTART;
";

/// What is compared when a program is over.
pub(super) const FINAL: [&str; 5] = [
    "SELECT * FROM item ORDER BY id",
    "SELECT * FROM orders ORDER BY id",
    "SELECT * FROM line ORDER BY order_id, n",
    "SELECT * FROM counter ORDER BY k",
    "SELECT nextval('ticket'), nextval('orders_id_seq')",
];
