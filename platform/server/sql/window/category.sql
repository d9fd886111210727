-- A category of the shop window, unless it is there. Its name begins as its id.
--
-- $1 category
INSERT INTO categories (category, name)
VALUES ($1, $1)
ON CONFLICT (category) DO NOTHING
