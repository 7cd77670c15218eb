-- One row per delivered row of events.
-- What visitors and customers did, as it was delivered.
{{ raw_table('events') }}
