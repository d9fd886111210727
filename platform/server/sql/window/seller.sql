-- A seller of the shop window, unless it is there. Its name begins as its id.
--
-- $1 seller
INSERT INTO sellers (seller_id, name)
VALUES ($1, $1)
ON CONFLICT (seller_id) DO NOTHING
