-- One row per delivered row of surveys.
-- What people answered, as it was delivered.
{{ raw_table('surveys') }}
