-- One row per delivered row of identities.
-- Which anonymous visitor turned out to be which customer, as it was delivered.
{{ raw_table('identities') }}
