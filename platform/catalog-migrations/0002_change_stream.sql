-- The change stream follows this table through its write-ahead log. With the whole old row in it, a change of one column
-- tells what the others hold, long descriptions that are stored apart (TOAST) included: without that, whoever follows
-- would read a placeholder instead of them.
ALTER TABLE products REPLICA IDENTITY FULL;
