-- One row per comparison, segment (or all), treatment arm and metric.
-- What was counted in the treatment and in the control?
with

counts as (
    select * from {{ ref('int_experiment_counts') }}
),

moments as (
    select * from {{ ref('int_experiment_moments') }}
),

metrics as (
    select * from {{ ref('lift_metrics') }}
),

treated as (

    select *
    from counts
    where not is_control

),

segments as (

    select
        experiment_key,
        segment
    from counts
    group by experiment_key, segment

),

arms as (

    select
        experiment_key,
        arm
    from treated
    where segment = 'all'

),

-- nobody in any treatment is told, too
asked as (

    select
        segments.experiment_key,
        segments.segment,
        coalesce(arms.arm, 'treatment') as arm,
        metrics.metric,
        metrics.metric_type,
        metrics.good_direction,
        metrics.is_guardrail,
        metrics.minimum_count
    from segments
    left join arms on segments.experiment_key = arms.experiment_key
    cross join metrics

),

final as (

    select
        asked.experiment_key,
        asked.segment,
        asked.arm,
        asked.metric,
        asked.metric_type,
        asked.good_direction,
        asked.is_guardrail,
        asked.minimum_count,
        coalesce(treatments.customer_count, 0) as n1,
        coalesce(controls.customer_count, 0) as n0,
        coalesce(treatments.event_count, 0) as x1,
        coalesce(controls.event_count, 0) as x0,
        coalesce(treatments.outcome_sum, 0) as sum1,
        coalesce(controls.outcome_sum, 0) as sum0,
        coalesce(treatments.outcome_square_sum, 0) as square1,
        coalesce(controls.outcome_square_sum, 0) as square0,
        coalesce(treatments.earlier_sum, 0) as earlier1,
        coalesce(controls.earlier_sum, 0) as earlier0,
        coalesce(treatments.earlier_square_sum, 0) as earlier_square1,
        coalesce(controls.earlier_square_sum, 0) as earlier_square0,
        coalesce(treatments.product_sum, 0) as product1,
        coalesce(controls.product_sum, 0) as product0
    from asked
    left join moments as treatments
        on
            asked.experiment_key = treatments.experiment_key
            and asked.segment = treatments.segment
            and asked.arm = treatments.arm
            and asked.metric = treatments.metric
            and not treatments.is_control
    left join moments as controls
        on
            asked.experiment_key = controls.experiment_key
            and asked.segment = controls.segment
            and asked.metric = controls.metric
            and controls.is_control

)

select * from final
