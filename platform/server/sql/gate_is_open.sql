-- One row when orders are placed on the gate.
SELECT epoch FROM gate_epoch WHERE state = 'open'
