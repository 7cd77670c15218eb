-- One row per delivered row of consents.
-- What people allowed and took back, as it was delivered.
{{ raw_table('consents') }}
