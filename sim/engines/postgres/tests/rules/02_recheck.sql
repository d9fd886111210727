setup: CREATE TABLE stock (sku int PRIMARY KEY, on_hand int NOT NULL); INSERT INTO stock VALUES (1, 1), (2, 1);
a: BEGIN => ok
a: UPDATE stock SET on_hand = on_hand - 1 WHERE sku = 1 AND on_hand >= 1 => 1
b: UPDATE stock SET on_hand = on_hand - 1 WHERE sku = 1 AND on_hand >= 1 => blocked
a: COMMIT => COMMIT
b! => 0
a: SELECT on_hand FROM stock WHERE sku = 1 => rows 0
-- When the holder aborts the waiter goes on with the original.
a: BEGIN => ok
a: UPDATE stock SET on_hand = 0 WHERE sku = 2 => 1
b: UPDATE stock SET on_hand = on_hand - 1 WHERE sku = 2 AND on_hand >= 1 RETURNING on_hand => blocked
a: ROLLBACK => ROLLBACK
b! => rows 0
-- The new version is what is computed on.
setup: UPDATE stock SET on_hand = 100 WHERE sku = 2;
a: BEGIN => ok
a: UPDATE stock SET on_hand = on_hand - 10 WHERE sku = 2 => 1
b: UPDATE stock SET on_hand = on_hand - 1 WHERE sku = 2 RETURNING on_hand => blocked
a: COMMIT => COMMIT
b! => rows 89
