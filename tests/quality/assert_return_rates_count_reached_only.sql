{#- Only who has reached a window can return in it; unreached ones are null. -#}
select
    cohort_month,
    window_name,
    cohort_customer_count,
    reached_customer_count,
    returned_customer_count
from {{ ref('cohort_return_rates') }}
where
    reached_customer_count > cohort_customer_count
    or returned_customer_count > reached_customer_count
    or (reached_customer_count = 0) != (returned_customer_count is null)
    or (reached_customer_count = 0) != (return_share is null)
