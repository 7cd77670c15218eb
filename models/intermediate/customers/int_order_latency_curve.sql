-- One row per order-day number and number of days after which somebody ordered again.
-- Which share of those who reached that order day has ordered again by then?
with

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

-- from each order day to the next; to the as-of date where there is none yet
durations as (

    select
        occasion_number - 1 as occasion_number,
        gap_days as duration_days,
        1 as is_return
    from occasions
    where gap_days is not null

    union all

    select
        occasion_count as occasion_number,
        recency_days as duration_days,
        0 as is_return
    from purchases

),

counted as (

    select
        occasion_number,
        duration_days,
        sum(is_return) as returned_customer_count,
        count(*) as customer_count
    from durations
    group by occasion_number, duration_days

),

at_risk as (

    select
        occasion_number,
        duration_days,
        returned_customer_count,
        sum(customer_count) over (
            partition by occasion_number order by duration_days desc nulls last
            rows between unbounded preceding and current row
        ) as at_risk_customer_count
    from counted

),

final as (

    select
        cast(occasion_number as bigint) as occasion_number,
        cast(duration_days as int) as duration_days,
        cast(at_risk_customer_count as bigint) as at_risk_customer_count,
        cast(returned_customer_count as bigint) as returned_customer_count,
        {{ returned_share(
            'returned_customer_count',
            'at_risk_customer_count',
            'duration_days',
            'occasion_number'
        ) }} as returned_share
    from at_risk
    where returned_customer_count > 0

)

select * from final
