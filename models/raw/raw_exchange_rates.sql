-- One row per delivered row of exchange_rates.
-- Rates to the reporting currency, as they were delivered.
{{ raw_table('exchange_rates') }}
