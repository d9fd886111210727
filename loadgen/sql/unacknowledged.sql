-- Of these orders, which shoppers were told that they have: the ones that never stood as confirmed.
SELECT wanted.order_id
FROM unnest($1::text[]) AS wanted (order_id)
WHERE NOT EXISTS
    (SELECT FROM order_transitions t WHERE t.order_id = wanted.order_id AND t.to_status = 'confirmed')
ORDER BY 1
