-- Of this run's shoppers: orders whose money was captured, given back later or not, and units that were held for orders which
-- were never paid for.
SELECT count(*) FILTER (WHERE p.status IN ('captured', 'refunded')) AS paid,
       coalesce(sum(o.quantity) FILTER (WHERE o.status = 'failed'), 0)::bigint AS abandoned
FROM payment_intents p
JOIN orders o USING (order_id)
WHERE starts_with(o.shopper_id, $1)
