-- One row per cohort (calendar month of the first order) and month since it, from 0.
-- How many are still buying, and what have they brought? Unreached months are null.
{% set month_bound = as_of_day().year * 12 + as_of_day().month %}
with

cohorts as (
    select * from {{ ref('int_customer_cohort') }}
),

cohort_months as (
    select * from {{ ref('int_cohort_months') }}
),

numbers as (
    {{ dbt.generate_series(1) }}
),
select 1
