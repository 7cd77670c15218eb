-- One row per customer with at least one purchase.
-- When is the next order expected, and how late is it?
with

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

gaps as (
    select * from {{ ref('int_customer_gaps') }}
),

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
),

latency as (
    select * from {{ ref('int_order_latency') }}
),

shop as (

    select percentile_cont(0.5) within group (order by gap_days) as median_gap
    from occasions
    where gap_days is not null

),

-- what a customer with one order day is measured against; null without any return
first_return as (

    select max(adjusted_median_days) as median_gap
    from latency
    where occasion_number = 1

),

sourced as (

    select
        purchases.customer_key,
        purchases.last_order_date,
        purchases.recency_days,
        coalesce(gaps.gap_count, 0) as gap_count,
        gaps.median_days_between_orders,
        shop.median_gap as shop_gap,
        first_return.median_gap as first_return_gap,
        case
            when gaps.gap_count is null then 'population'
            when gaps.gap_count < {{ var('cadence_minimum_gaps') }} then 'blended'
            else 'personal'
        end as cadence_source
    from purchases
    left join gaps on purchases.customer_key = gaps.customer_key
    cross join shop
    cross join first_return

),

-- few gaps of one's own are drawn towards the shop's
expected as (

    select
        *,
        {{ expected_gap(
            'gap_count', 'median_days_between_orders', 'shop_gap', 'first_return_gap'
        ) }} as expected_gap_days
    from sourced

),

rated as (

    select
        *,
        {{ rounded(safe_divide('recency_days', 'expected_gap_days'), 18, 4) }}
            as overdue_ratio
    from expected

),

final as (

    select
        customer_key,
        cast(gap_count as bigint) as gap_count,
        median_days_between_orders,
        expected_gap_days,
        cadence_source,
        cast(
            {{ dbt.dateadd(
                'day', 'cast(ceil(expected_gap_days) as int)', 'last_order_date'
            ) }} as date
        ) as expected_next_order_date,
        overdue_ratio,
        case
            when overdue_ratio >= {{ var('lapsed_overdue_ratio') }} then 'lapsed'
            when overdue_ratio >= {{ var('at_risk_overdue_ratio') }} then 'at_risk'
            when overdue_ratio >= {{ var('alert_overdue_ratio') }} then 'late'
            when overdue_ratio >= {{ var('due_overdue_ratio') }} then 'due'
            when overdue_ratio is not null then 'not_due'
            else 'unknown'
        end as cadence_status
    from rated

)

select * from final
