-- One row per delivered row of customers.
-- Who the shop knows, as it was delivered. Contact data and the birth date go no further than staging.
{{ raw_table('customers') }}
