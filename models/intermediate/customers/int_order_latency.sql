-- One row per order-day number that a customer has reached.
-- Of those who reached it, how many ordered again, and after how many days?
with

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
),

curve as (
    select * from {{ ref('int_order_latency_curve') }}
),

reached as (

    select
        occasion_number,
        count(*) as customer_count
    from occasions
    group by occasion_number

),

returned as (

    select
        occasion_number - 1 as occasion_number,
        count(*) as returned_customer_count,
        percentile_cont(0.5) within group (order by gap_days) as median_days
    from occasions
    where gap_days is not null
    group by occasion_number

),

curve_ends as (

    select
        occasion_number,
        max(returned_share) as last_share
    from curve
    group by occasion_number

),

-- the curve of those who will return, which ends at 1
scaled as (

    select
        curve.occasion_number,
        curve.duration_days,
        lead(curve.duration_days) over (
            partition by curve.occasion_number
            order by curve.duration_days nulls last
        ) as next_duration_days,
        {{ share_of_returners('curve.returned_share', 'curve_ends.last_share') }}
            as returned_share
    from curve
    inner join curve_ends on curve.occasion_number = curve_ends.occasion_number

),

adjusted as (

    select
        occasion_number,
        {{ middle_of_returns('returned_share', 'duration_days', 'next_duration_days') }}
            as adjusted_median_days
    from scaled
    group by occasion_number

),

final as (

    select
        cast(reached.occasion_number as bigint) as occasion_number,
        cast(reached.customer_count as bigint) as customer_count,
        cast(coalesce(returned.returned_customer_count, 0) as bigint)
            as returned_customer_count,
        cast(
            reached.customer_count - coalesce(returned.returned_customer_count, 0)
            as bigint
        ) as censored_customer_count,
        {{ rounded(
            safe_divide(
                'coalesce(returned.returned_customer_count, 0)',
                'reached.customer_count'
            ), 18, 6
        ) }} as returned_share,
        {{ rounded('returned.median_days', 18, 2) }} as median_days,
        {{ rounded('adjusted.adjusted_median_days', 18, 2) }} as adjusted_median_days
    from reached
    left join returned on reached.occasion_number = returned.occasion_number
    left join adjusted on reached.occasion_number = adjusted.occasion_number

)

select * from final
