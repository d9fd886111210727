-- Every message to a shopper. Read by the audit; takes no lock.
SELECT event_id, order_id FROM notifications ORDER BY notification_id
