-- One row per delivered row of erasure_requests.
-- Who asked to be forgotten, as it was delivered.
{{ raw_table('erasure_requests') }}
