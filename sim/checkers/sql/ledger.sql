-- Every movement of stock there ever was. Read by the audit; takes no lock.
SELECT sku, kind, reference, delta FROM stock_ledger ORDER BY entry_id
