setup: CREATE TABLE target (id int PRIMARY KEY, v int NOT NULL); CREATE TABLE other (id int PRIMARY KEY, v int NOT NULL); INSERT INTO target VALUES (1, 0); INSERT INTO other VALUES (1, 10);
a: BEGIN => ok
a: UPDATE target SET v = 5 WHERE id = 1 => 1
b: UPDATE target SET v = target.v + other.v FROM other WHERE other.id = target.id RETURNING target.v => blocked
c: UPDATE other SET v = 1000 WHERE id = 1 => 1
a: COMMIT => COMMIT
b! => rows 15
