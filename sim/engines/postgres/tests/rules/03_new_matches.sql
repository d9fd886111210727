setup: CREATE TABLE website (id int PRIMARY KEY, hits int NOT NULL); INSERT INTO website VALUES (1, 9), (2, 10);
a: BEGIN => ok
a: UPDATE website SET hits = hits + 1 => 2
-- Row 2 had 10 and has 11; row 1 had 9 and has 10: neither is deleted.
b: DELETE FROM website WHERE hits = 10 => blocked
a: COMMIT => COMMIT
b! => 0
