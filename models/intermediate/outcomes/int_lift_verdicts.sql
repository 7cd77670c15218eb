-- One row per comparison, segment (or all), treatment arm and metric.
-- Does it work, among so many questions?
with

decisive as (
    select * from {{ ref('int_lift_decisive') }}
),

-- goals of all people are one family, guardrails another, and so are those of segments
families as (

    select
        *,
        segment = 'all' as is_whole
    from decisive

),

ranked as (

    select
        *,
        count(decisive_p_value) over (
            partition by experiment_key, is_guardrail, is_whole
        ) as test_count,
        row_number() over (
            partition by experiment_key, is_guardrail, is_whole
            order by
                decisive_p_value nulls last, segment nulls last,
                arm nulls last, metric nulls last
        ) as test_rank
    from families

),

-- Benjamini and Hochberg (1995), and Holm (1979) for whom no false alarm may pass
scaled as (

    select
        *,
        {{ as_float('decisive_p_value') }} * test_count / test_rank as scaled_p,
        {{ as_float('decisive_p_value') }} * (test_count - test_rank + 1) as stepped_p
    from ranked

),

adjusted as (

    select
        *,
        least(1, min(scaled_p) over (
            partition by experiment_key, is_guardrail, is_whole
            order by test_rank nulls last
            rows between current row and unbounded following
        )) as adjusted_p,
        least(1, max(stepped_p) over (
            partition by experiment_key, is_guardrail, is_whole
            order by test_rank nulls last
            rows between unbounded preceding and current row
        )) as holm_p
    from scaled

),

final as (

    select
        experiment_key,
        segment,
        arm,
        metric,
        is_final,
        decisive_p_value,
        case when decisive_p_value is not null then {{ as_statistic('adjusted_p') }} end
            as adjusted_p_value,
        case when decisive_p_value is not null then {{ as_statistic('holm_p') }} end
            as holm_p_value,
        case
            when not is_comparable then 'no comparison'
            when is_broken then 'broken assignment'
            when not is_large then 'too small to tell'
            when adjusted_p < significance_level and gain > 0 then 'works'
            when adjusted_p < significance_level and gain < 0 then 'harms'
            else 'no evidence'
        end as verdict
    from adjusted

)

select * from final
