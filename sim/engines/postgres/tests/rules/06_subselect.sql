setup: CREATE TABLE job (id int PRIMARY KEY, status text NOT NULL); INSERT INTO job VALUES (1, 'new'), (2, 'new');
a: BEGIN => ok
a: UPDATE job SET status = 'a' WHERE id = (SELECT id FROM job WHERE status = 'new' ORDER BY id LIMIT 1) => 1
b: UPDATE job SET status = 'b' WHERE id = (SELECT id FROM job WHERE status = 'new' ORDER BY id LIMIT 1) => blocked
a: COMMIT => COMMIT
-- Claimed twice.
b! => 1
b: SELECT id, status FROM job ORDER BY id => rows 1,b | 2,new
setup: UPDATE job SET status = 'new';
a: BEGIN => ok
a: UPDATE job SET status = 'a' WHERE status = 'new' AND id = (SELECT id FROM job WHERE status = 'new' ORDER BY id LIMIT 1) => 1
b: UPDATE job SET status = 'b' WHERE status = 'new' AND id = (SELECT id FROM job WHERE status = 'new' ORDER BY id LIMIT 1) => blocked
a: COMMIT => COMMIT
b! => 0
