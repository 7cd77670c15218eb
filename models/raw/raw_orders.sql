-- One row per delivered row of orders.
-- What the shop sold, as it was delivered.
{{ raw_table('orders') }}
