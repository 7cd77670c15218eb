-- One row per delivered row of promotion_sends.
-- Which messages went out, as it was delivered.
{{ raw_table('promotion_sends') }}
