-- One row per delivered row of customer_attributes.
-- Protected and declared attributes in long form, for audit only.
{{ raw_table('customer_attributes') }}
