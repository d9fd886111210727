-- Sets when an unsettled order is taken up next: later after a try that settled nothing, at once when a saga gives up.
--
-- $1 order, $2 when
UPDATE orders
SET next_attempt_at = $2
WHERE order_id = $1 AND status IN ('placed', 'compensating', 'cancelling')
