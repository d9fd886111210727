-- How often orders of this run's shoppers ($1, a prefix of their names) moved from one state to another, in steps of $3
-- microseconds counted from $2, microseconds since the Unix epoch.
SELECT coalesce(t.from_status, '') AS from_status,
       t.to_status,
       floor(((extract(epoch FROM t.moved_at) * 1000000)::bigint - $2)::numeric / $3)::bigint AS step,
       count(*) AS moves,
       (extract(epoch FROM min(t.moved_at)) * 1000000)::bigint - $2 AS first_us,
       (extract(epoch FROM max(t.moved_at)) * 1000000)::bigint - $2 AS last_us
FROM order_transitions t
JOIN orders o USING (order_id)
WHERE starts_with(o.shopper_id, $1)
GROUP BY 1, 2, 3
ORDER BY 3
