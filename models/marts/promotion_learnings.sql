-- One row per hypothesis, treatment arm and draw measured; one where none was.
-- What was expected, what came of it, and what was decided?
with

hypotheses as (
    select * from {{ ref('hypotheses') }}
),

lifts as (
    select * from {{ ref('promotion_lift') }}
    where population = 'assigned'
),

final as (

    select
        hypotheses.hypothesis_id,
        coalesce(lifts.arm, 'none') as arm,
        coalesce(lifts.draw, 'none') as draw,
        hypotheses.promotion_id,
        hypotheses.segment,
        hypotheses.metric,
        {{ as_of_date() }} as as_of_date,
        hypotheses.meaning,
        hypotheses.predictor,
        hypotheses.expected_difference,
        lifts.difference,
        lifts.difference_lower,
        lifts.difference_upper,
        lifts.adjusted_p_value,
        coalesce(lifts.verdict, 'not measured') as verdict,
        coalesce(
            hypotheses.expected_difference between lifts.difference_lower
            and lifts.difference_upper,
            false
        ) as is_within_interval,
        hypotheses.decision_rule,
        hypotheses.decision,
        hypotheses.decided_date,
        hypotheses.owner
    from hypotheses
    left join lifts
        on
            hypotheses.promotion_id = lifts.promotion_id
            and hypotheses.segment = lifts.segment
            and hypotheses.metric = lifts.metric

)

select * from final
