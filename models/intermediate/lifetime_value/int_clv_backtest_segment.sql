-- One row per customer with a purchase up to the cut.
-- Which segment of the active map were they in on that day?
with

measures as (
    select * from {{ ref('int_clv_backtest_measures') }}
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

ranked as (

    select
        measures.customer_key,
        measures.measure,
        measures.measure_value,
        active_map.score_count,
        percent_rank() over (
            partition by measures.measure order by measures.measure_value nulls last
        ) as percent_rank,
        cume_dist() over (
            partition by measures.measure order by measures.measure_value nulls last
        ) as cume_dist
    from measures
    cross join active_map

),

scored as (

    select
        ranked.customer_key,
        ranked.measure,
        {{ rfm_score(
            'ranked.score_count',
            'ranked.percent_rank',
            'ranked.cume_dist',
            'max(thresholds.score)'
        ) }} as score
    from ranked
    left join thresholds
        on
            ranked.measure = thresholds.measure
            and ranked.score_count = thresholds.score_count
            and {{ meets_rfm_limit(
                'ranked.measure', 'ranked.measure_value', 'thresholds.limit_value'
            ) }}
    group by
        ranked.customer_key,
        ranked.measure,
        ranked.score_count,
        ranked.percent_rank,
        ranked.cume_dist

),

pivoted as (

    select
        customer_key,
        max(case when measure = 'recency' then score end) as recency_score,
        max(case when measure = 'frequency' then score end) as frequency_score,
        max(case when measure = 'monetary' then score end) as monetary_score
    from scored
    group by customer_key

),

final as (

    select
        pivoted.customer_key,
        cells.segment
    from pivoted
    inner join cells
        on
            pivoted.recency_score = cells.recency_score
            and pivoted.frequency_score = cells.frequency_score
            and pivoted.monetary_score = cells.monetary_score

)

select * from final
