-- One row per customer, month end and measure: recency, frequency, monetary.
-- Which score had each measure among all who had bought by then?
with

purchases as (
    select * from {{ ref('int_earlier_purchases') }}
),

cells as (
    select * from {{ ref('int_segment_cells') }}
    where is_active
),

thresholds as (
    select * from {{ ref('rfm_thresholds') }}
),

active_map as (
    select max(score_count) as score_count from cells
),

-- the higher the better, in all three
measures as (

    select
        customer_key,
        month_end,
        'recency' as measure,
        cast(-recency_days as numeric(18, 2)) as measure_value
    from purchases

    union all

    select
        customer_key,
        month_end,
        'frequency' as measure,
        cast(frequency as numeric(18, 2)) as measure_value
    from purchases

    union all

    select
        customer_key,
        month_end,
        'monetary' as measure,
        monetary_amount as measure_value
    from purchases

),

ranked as (

    select
        measures.*,
        active_map.score_count,
        percent_rank() over (
            partition by measures.month_end, measures.measure
            order by measures.measure_value nulls last
        ) as percent_rank,
        cume_dist() over (
            partition by measures.month_end, measures.measure
            order by measures.measure_value nulls last
        ) as cume_dist
    from measures
    cross join active_map

),

limited as (

    select
        ranked.customer_key,
        ranked.month_end,
        ranked.measure,
        ranked.score_count,
        ranked.percent_rank,
        ranked.cume_dist,
        max(thresholds.score) as threshold_score
    from ranked
    left join thresholds
        on
            ranked.measure = thresholds.measure
            and ranked.score_count = thresholds.score_count
            and {{ meets_rfm_limit(
                'ranked.measure', 'ranked.measure_value', 'thresholds.limit_value'
            ) }}
    group by
        ranked.customer_key, ranked.month_end, ranked.measure, ranked.score_count,
        ranked.percent_rank, ranked.cume_dist

),

final as (

    select
        customer_key,
        month_end,
        measure,
        {{ rfm_score('score_count', 'percent_rank', 'cume_dist', 'threshold_score') }}
            as score
    from limited

)

select * from final
