-- One row per comparison, segment (or all), treatment arm and metric.
-- Which p decides, is there enough to decide on, and is the assignment sound?
with

comparisons as (
    select * from {{ ref('int_lift_comparisons') }}
),

experiments as (
    select * from {{ ref('int_experiments') }}
),

effects as (
    select * from {{ ref('int_lift_effects') }}
),

detectable as (
    select * from {{ ref('int_lift_detectable') }}
),

balance as (
    select * from {{ ref('int_experiment_balance') }}
),

counts as (
    select * from {{ ref('int_experiment_counts') }}
),

-- over when nobody's days are open: who looks before must look as one who peeks
states as (

    select
        experiment_key,
        sum(assigned_count) = sum(complete_count) as is_final
    from counts
    where segment = 'all'
    group by experiment_key

),

joined as (

    select
        comparisons.*,
        states.is_final,
        experiments.significance_level,
        coalesce(
            balance.is_checkable and balance.p_value < experiments.imbalance_level,
            false
        ) as is_broken,
        effects.p_value,
        effects.difference,
        detectable.always_valid_p_value,
        {{ safe_divide(
            '(comparisons.x1 + comparisons.x0)', '(comparisons.n1 + comparisons.n0)'
        ) }} as overall_rate
    from comparisons
    inner join experiments
        on comparisons.experiment_key = experiments.experiment_key
    inner join states on comparisons.experiment_key = states.experiment_key
    inner join effects
        on {{ same_effect('comparisons', 'effects') }}
    inner join detectable
        on {{ same_effect('comparisons', 'detectable') }}
    left join balance
        on
            comparisons.experiment_key = balance.experiment_key
            and comparisons.segment = balance.segment

),

-- a guardrail waits until as many as the minimum are expected in each arm, not seen
judged as (

    select
        *,
        n1 > 0 and n0 > 0 as is_comparable,
        case
            when is_guardrail then least(n1, n0) * overall_rate >= minimum_count
            else least(x1, x0) >= minimum_count
        end as is_large
    from joined

),

final as (

    select
        experiment_key,
        segment,
        arm,
        metric,
        is_final,
        is_broken,
        is_comparable,
        coalesce(is_large, false) as is_large,
        is_guardrail,
        cast(significance_level as numeric(18, 4)) as significance_level,
        difference * good_direction as gain,
        case
            when is_comparable and is_large and not is_broken and is_final then p_value
            when is_comparable and is_large and not is_broken then always_valid_p_value
        end as decisive_p_value
    from judged

)

select * from final
