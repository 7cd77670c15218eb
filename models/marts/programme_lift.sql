-- One row per universal holdout, quarter and metric.
-- What do all promotions together change, quarter by quarter?
with

experiments as (
    select * from {{ ref('int_experiments') }}
    where promotion_id = 'universal'
),

comparisons as (
    select * from {{ ref('int_lift_comparisons') }}
    where segment = 'all'
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

-- what is expected of the future is told as of today, whatever the quarter
last_periods as (

    select
        draw,
        max(period) as last_period
    from experiments
    group by draw

),

final as (

    select
        experiments.draw as holdout_salt,
        experiments.period as quarter,
        comparisons.metric,
        {{ as_of_date() }} as as_of_date,
        verdicts.verdict,
        verdicts.is_final,
        cast(comparisons.n1 as bigint) as treatment_count,
        cast(comparisons.n0 as bigint) as holdout_count,
        results.treatment_mean,
        results.control_mean as holdout_mean,
        results.difference,
        results.difference_lower,
        results.difference_upper,
        results.relative_lift,
        results.relative_lower,
        results.relative_upper,
        results.p_value,
        verdicts.adjusted_p_value,
        results.minimum_detectable_effect,
        balance.p_value as sample_ratio_p_value
    from comparisons
    inner join experiments
        on comparisons.experiment_key = experiments.experiment_key
    inner join last_periods on experiments.draw = last_periods.draw
    inner join results
        on {{ same_effect('comparisons', 'results') }}
    inner join verdicts
        on {{ same_effect('comparisons', 'verdicts') }}
    left join balance
        on
            comparisons.experiment_key = balance.experiment_key
            and comparisons.segment = balance.segment
    where
        comparisons.metric not in ('later_purchase', 'later_net_margin')
        and (
            comparisons.metric != 'future_value'
            or experiments.period = last_periods.last_period
        )

)

select * from final
