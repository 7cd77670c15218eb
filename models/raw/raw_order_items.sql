-- One row per delivered row of order_items.
-- The lines of the orders, as they were delivered.
{{ raw_table('order_items') }}
