-- One row per delivered row of products.
-- What the shop sells, as it was delivered.
{{ raw_table('products') }}
