-- One row per promotion, draw, population, segment (or all), treatment arm and metric.
-- What did the promotion change against its control group, and how sure is that?
with

experiments as (
    select * from {{ ref('int_experiments') }}
    where promotion_id != 'universal'
),

comparisons as (
    select * from {{ ref('int_lift_comparisons') }}
),

results as (
    select * from {{ ref('int_lift_results') }}
),

verdicts as (
    select * from {{ ref('int_lift_verdicts') }}
),

balance as (
    select * from {{ ref('int_experiment_balance') }}
),

counts as (
    select * from {{ ref('int_experiment_counts') }}
),

final as (

    select
        experiments.promotion_id,
        experiments.draw,
        experiments.population,
        comparisons.segment,
        comparisons.arm,
        comparisons.metric,
        {{ as_of_date() }} as as_of_date,
        coalesce(experiments.primary_metric = comparisons.metric, false) as is_primary,
        comparisons.is_guardrail,
        verdicts.verdict,
        verdicts.is_final,
        cast(coalesce(treated.assigned_count, 0) as bigint)
            as treatment_assigned_count,
        cast(coalesce(controls.assigned_count, 0) as bigint) as control_assigned_count,
        cast(comparisons.n1 as bigint) as treatment_count,
        cast(comparisons.n0 as bigint) as control_count,
        cast(comparisons.x1 as bigint) as treatment_event_count,
        cast(comparisons.x0 as bigint) as control_event_count,
        results.treatment_mean,
        results.control_mean,
        results.difference,
        results.standard_error,
        results.freedom,
        results.difference_lower,
        results.difference_upper,
        results.newcombe_lower,
        results.newcombe_upper,
        results.relative_lift,
        results.relative_lower,
        results.relative_upper,
        results.p_value,
        verdicts.decisive_p_value,
        verdicts.adjusted_p_value,
        verdicts.holm_p_value,
        results.minimum_detectable_effect,
        results.adjusted_difference,
        results.adjusted_lower,
        results.adjusted_upper,
        results.adjusted_p_value as cuped_p_value,
        results.variance_reduction,
        results.stratified_difference,
        results.stratified_lower,
        results.stratified_upper,
        results.always_valid_lower,
        results.always_valid_upper,
        results.always_valid_p_value,
        balance.chi_square as sample_ratio_chi_square,
        balance.p_value as sample_ratio_p_value,
        balance.is_plan_known,
        {{ as_statistic(safe_divide(
            'controls.contacted_count', 'controls.customer_count'
        )) }} as contamination_share,
        {{ as_statistic(safe_divide(
            'treated.contacted_count', 'treated.customer_count'
        )) }} as contacted_share
    from comparisons
    inner join experiments
        on comparisons.experiment_key = experiments.experiment_key
    inner join results
        on {{ same_effect('comparisons', 'results') }}
    inner join verdicts
        on {{ same_effect('comparisons', 'verdicts') }}
    left join balance
        on
            comparisons.experiment_key = balance.experiment_key
            and comparisons.segment = balance.segment
    left join counts as treated
        on
            comparisons.experiment_key = treated.experiment_key
            and comparisons.segment = treated.segment
            and comparisons.arm = treated.arm
            and not treated.is_control
    left join counts as controls
        on
            comparisons.experiment_key = controls.experiment_key
            and comparisons.segment = controls.segment
            and controls.is_control

)

select * from final
