-- The categories, for the way around the shop. Takes no lock.
SELECT category, name
FROM categories
ORDER BY category
