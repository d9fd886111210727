-- Takes in one webhook of the card gateway; the same event again inserts nothing. What it tells of an order's payment is
-- noted where nothing was known: the gateway's own record stays the truth, and no order moves on the word of a webhook.
--
-- $1 the event's id, $2 its kind, $3 the payment intent's id, $4 now, $5 the order it names, or null
WITH taken AS (
    INSERT INTO payment_webhooks (webhook_id, kind, gateway_id, received_at)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT (webhook_id) DO NOTHING
    RETURNING gateway_id
), noted AS (
    UPDATE payment_intents p
    SET gateway_id = taken.gateway_id, updated_at = $4
    FROM taken
    WHERE p.order_id = $5 AND p.gateway_id IS NULL
)
SELECT gateway_id FROM taken
