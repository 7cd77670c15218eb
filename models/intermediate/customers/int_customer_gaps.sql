-- One row per customer with at least two order days.
-- How many days lie between their order days, and how regular are they?
with

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
),

gaps as (

    select
        customer_key,
        gap_days
    from occasions
    where gap_days is not null

),

summed as (

    select
        customer_key,
        count(*) as gap_count,
        percentile_cont(0.5) within group (order by gap_days) as median_gap,
        avg(gap_days) as mean_gap,
        stddev_samp(gap_days) as sd_gap,
        min(gap_days) as minimum_gap,
        max(gap_days) as maximum_gap
    from gaps
    group by customer_key

),

-- one gap has no spread: it is unknown, not zero
deviations as (

    select
        gaps.customer_key,
        percentile_cont(0.5) within group (
            order by abs(gaps.gap_days - summed.median_gap)
        ) as mad_gap
    from gaps
    inner join summed on gaps.customer_key = summed.customer_key
    where summed.gap_count > 1
    group by gaps.customer_key

),

measured as (

    select
        summed.customer_key,
        summed.gap_count,
        summed.median_gap,
        summed.mean_gap,
        summed.minimum_gap,
        summed.maximum_gap,
        deviations.mad_gap,
        case when summed.gap_count > 1 then summed.sd_gap end as sd_gap,
        case
            when summed.gap_count > 1
                then {{ safe_divide('summed.sd_gap', 'summed.mean_gap') }}
        end as unrounded_cv
    from summed
    left join deviations on summed.customer_key = deviations.customer_key

),

rounded as (

    select
        *,
        {{ rounded('unrounded_cv', 18, 4) }} as gap_cv
    from measured

),

final as (

    select
        customer_key,
        cast(gap_count as bigint) as gap_count,
        {{ rounded('median_gap', 18, 2) }} as median_days_between_orders,
        {{ rounded('mean_gap', 18, 2) }} as mean_days_between_orders,
        {{ rounded('sd_gap', 18, 2) }} as sd_days_between_orders,
        {{ rounded('mad_gap', 18, 2) }} as mad_days_between_orders,
        cast(minimum_gap as int) as minimum_days_between_orders,
        cast(maximum_gap as int) as maximum_days_between_orders,
        gap_cv,
        case
            when gap_cv < {{ var('regular_maximum_cv') }} then 'regular'
            when gap_cv <= {{ var('irregular_maximum_cv') }} then 'irregular'
            when gap_cv is not null then 'bursty'
        end as regularity
    from rounded

)

select * from final
