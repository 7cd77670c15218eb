-- One row per comparison, segment (or all), treatment arm and metric.
-- What do all ways to estimate the difference say, side by side?
{{ config(materialized='view') }}
with

effects as (
    select * from {{ ref('int_lift_effects') }}
),

adjusted as (
    select * from {{ ref('int_lift_adjusted') }}
),

stratified as (
    select * from {{ ref('int_lift_stratified') }}
),

detectable as (
    select * from {{ ref('int_lift_detectable') }}
),

-- weighting to one mix of segments is about all of them
final as (

    select
        effects.experiment_key,
        effects.segment,
        effects.arm,
        effects.metric,
        effects.treatment_mean,
        effects.control_mean,
        effects.difference,
        effects.standard_error,
        effects.freedom,
        effects.difference_lower,
        effects.difference_upper,
        effects.newcombe_lower,
        effects.newcombe_upper,
        effects.relative_lift,
        effects.relative_error,
        effects.relative_lower,
        effects.relative_upper,
        effects.p_value,
        adjusted.theta,
        adjusted.adjusted_difference,
        adjusted.adjusted_error,
        adjusted.adjusted_lower,
        adjusted.adjusted_upper,
        adjusted.adjusted_p_value,
        adjusted.variance_reduction,
        stratified.stratified_difference,
        stratified.stratified_error,
        stratified.stratified_lower,
        stratified.stratified_upper,
        detectable.minimum_detectable_effect,
        detectable.always_valid_lower,
        detectable.always_valid_upper,
        detectable.always_valid_p_value
    from effects
    inner join adjusted
        on {{ same_effect('effects', 'adjusted') }}
    inner join detectable
        on {{ same_effect('effects', 'detectable') }}
    left join stratified
        on
            effects.experiment_key = stratified.experiment_key
            and effects.arm = stratified.arm
            and effects.metric = stratified.metric
            and effects.segment = 'all'

)

select * from final
