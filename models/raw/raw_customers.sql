-- One row per delivered row of customers.
-- Who the shop knows, as it was delivered. Contact data stays in raw and staging.
{{ raw_table('customers') }}
