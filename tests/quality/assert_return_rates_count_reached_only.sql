{#- Nobody returns within a window that they have not reached, and a window that nobody has reached is null. -#}
select *
from {{ ref('cohort_return_rates') }}
where
    reached_customer_count > cohort_customer_count
    or returned_customer_count > reached_customer_count
    or (reached_customer_count = 0) != (returned_customer_count is null)
    or (reached_customer_count = 0) != (return_share is null)
