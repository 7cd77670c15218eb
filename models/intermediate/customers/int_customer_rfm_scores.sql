-- One row per customer with at least one purchase and measure: recency, frequency,
-- monetary. Which score has each measure among all buyers, 1 the worst?
with

purchases as (
    select * from {{ ref('int_customer_purchases') }}
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
        'recency' as measure,
        cast(-recency_days as numeric(18, 2)) as measure_value
    from purchases

    union all

    select
        customer_key,
        'frequency' as measure,
        cast(window_frequency as numeric(18, 2)) as measure_value
    from purchases

    union all

    select
        customer_key,
        'monetary' as measure,
        window_monetary_amount as measure_value
    from purchases

),

-- both functions give equal values one rank
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

-- the highest score whose limit is met, when the marketer sets the limits
threshold_scores as (

    select
        ranked.customer_key,
        ranked.measure,
        max(thresholds.score) as score
    from ranked
    inner join thresholds
        on
            ranked.measure = thresholds.measure
            and ranked.score_count = thresholds.score_count
            and {{ meets_rfm_limit(
                'ranked.measure', 'ranked.measure_value', 'thresholds.limit_value'
            ) }}
    where '{{ var("rfm_scoring") }}' = 'thresholds'
    group by ranked.customer_key, ranked.measure

),

final as (

    select
        ranked.customer_key,
        ranked.measure,
        ranked.measure_value,
        {{ rfm_score(
            'ranked.score_count',
            'ranked.percent_rank',
            'ranked.cume_dist',
            'threshold_scores.score'
        ) }} as score
    from ranked
    left join threshold_scores
        on
            ranked.customer_key = threshold_scores.customer_key
            and ranked.measure = threshold_scores.measure

)

select * from final
