-- One row per delivered row of promotion_assignments.
-- Which arms another tool drew, as it was delivered.
{{ raw_table('promotion_assignments') }}
