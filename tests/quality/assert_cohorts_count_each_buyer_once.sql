{#- All are active in month 0, no active customer is lost, and nobody un-leaves. -#}
with

retention as (
    select * from {{ ref('cohort_retention') }}
),

customers as (
    select * from {{ ref('customer_segments') }}
),

compared as (

    select
        *,
        lag(retained_customer_count) over (
            partition by cohort_month order by months_since_first_order nulls last
        ) as retained_before,
        lag(active_customer_count, 1, cohort_customer_count) over (
            partition by cohort_month order by months_since_first_order nulls last
        ) as active_before
    from retention

),

buyers as (

    select count(*) as customer_count
    from customers
    where order_count > 0

),

cohorts as (

    select coalesce(sum(cohort_customer_count), 0) as customer_count
    from retention
    where months_since_first_order = 0

),

failures as (

    select
        cohort_month,
        months_since_first_order,
        'inconsistent month' as failure
    from compared
    where
        retained_customer_count < active_customer_count
        or retained_customer_count > cohort_customer_count
        or retained_customer_count > retained_before
        or (active_before is null and active_customer_count is not null)
        or (
            months_since_first_order = 0
            and (
                active_customer_count is null
                or active_customer_count != cohort_customer_count
                or retained_customer_count != cohort_customer_count
            )
        )

    union all

    select
        null as cohort_month,
        null as months_since_first_order,
        'cohorts are not all buyers' as failure
    from buyers
    cross join cohorts
    where buyers.customer_count != cohorts.customer_count

)

select * from failures
