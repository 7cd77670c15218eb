-- One row per cohort and month since the first order in which anything happened.
-- How many of the cohort bought, for how many was it the last time, and for how much?
with

cohorts as (
    select * from {{ ref('int_customer_cohort') }}
),

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
),

entries as (
    select * from {{ ref('int_revenue_entries') }}
),

activity as (

    select
        cohorts.cohort_month,
        {{ dbt.datediff('cohorts.cohort_month', 'occasions.order_date', 'month') }}
            as month_number,
        count(distinct occasions.customer_key) as active_customer_count
    from cohorts
    inner join occasions on cohorts.customer_key = occasions.customer_key
    group by 1, 2

),

last_activity as (

    select
        cohort_month,
        last_active_month_number as month_number,
        count(*) as last_active_customer_count
    from cohorts
    group by 1, 2

),

-- a refund that is dated before the first order counts in the first month
revenue as (

    select
        cohorts.cohort_month,
        greatest(
            0, {{ dbt.datediff('cohorts.cohort_month', 'entries.entry_date', 'month') }}
        ) as month_number,
        sum(entries.net_amount) as net_revenue_amount,
        case
            when count(*) = count(entries.margin_amount)
                then sum(entries.margin_amount)
        end as margin_amount
    from cohorts
    inner join entries on cohorts.customer_key = entries.customer_key
    group by 1, 2

),

-- a month of refunds alone has revenue and no activity
eventful as (

    select
        cohort_month,
        month_number
    from activity

    {{ union_distinct() }}

    select
        cohort_month,
        month_number
    from revenue

),

final as (

    select
        eventful.cohort_month,
        cast(eventful.month_number as int) as months_since_first_order,
        cast(coalesce(activity.active_customer_count, 0) as bigint)
            as active_customer_count,
        cast(coalesce(last_activity.last_active_customer_count, 0) as bigint)
            as last_active_customer_count,
        cast(coalesce(revenue.net_revenue_amount, 0) as numeric(18, 2))
            as net_revenue_amount,
        cast(revenue.margin_amount as numeric(18, 2)) as margin_amount
    from eventful
    left join activity
        on
            eventful.cohort_month = activity.cohort_month
            and eventful.month_number = activity.month_number
    left join last_activity
        on
            eventful.cohort_month = last_activity.cohort_month
            and eventful.month_number = last_activity.month_number
    left join revenue
        on
            eventful.cohort_month = revenue.cohort_month
            and eventful.month_number = revenue.month_number

)

select * from final
