-- One row per delivered row of refunds.
-- What was paid back, as it was delivered.
{{ raw_table('refunds') }}
