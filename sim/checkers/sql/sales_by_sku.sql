-- The running totals of analytics. Read by the audit; takes no lock.
SELECT sku, orders, units, revenue_cents, cancelled FROM sales_by_sku ORDER BY sku
