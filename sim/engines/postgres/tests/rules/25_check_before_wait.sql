setup: CREATE TABLE stock (id int PRIMARY KEY, qty int NOT NULL CHECK (qty >= 0)); INSERT INTO stock VALUES (1, 3);
a: BEGIN => ok
a: UPDATE stock SET qty = 9 WHERE id = 1 => 1
-- CHECK is tested on the version the statement sees, before it looks whether the row is taken.
b: UPDATE stock SET qty = qty - 4 WHERE id = 1 => error 23514
b: UPDATE stock SET qty = NULL WHERE id = 1 => error 23502
b: UPDATE stock SET qty = qty - 3 WHERE id = 1 RETURNING qty => blocked
a: COMMIT => COMMIT
b! => rows 6
-- And again on the newest version.
a: BEGIN => ok
a: UPDATE stock SET qty = 1 WHERE id = 1 => 1
b: UPDATE stock SET qty = qty - 3 WHERE id = 1 => blocked
a: COMMIT => COMMIT
b! => error 23514
