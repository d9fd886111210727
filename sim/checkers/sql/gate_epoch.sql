-- The gate's fence. Read by the audit; takes no lock.
SELECT epoch, state FROM gate_epoch WHERE id = 1
