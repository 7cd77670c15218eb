-- One row per comparison, segment (or all), treatment arm and metric.
-- What are the means of both arms, and how do people differ in them?
with

comparisons as (
    select * from {{ ref('int_lift_comparisons') }}
),

experiments as (
    select * from {{ ref('int_experiments') }}
),

-- a rate's variance is that of its estimate; a mean's that of the people
described as (

    select
        comparisons.*,
        experiments.significance_level,
        experiments.power,
        experiments.stop_confidence,
        experiments.tuning_count,
        {{ normal_quantile('(1 - experiments.significance_level / 2)') }} as z_alpha,
        {{ normal_quantile('experiments.power') }} as z_power,
        {{ normal_quantile('experiments.stop_confidence') }} as z_stop,
        {{ safe_divide('comparisons.sum1', 'comparisons.n1') }} as m1,
        {{ safe_divide('comparisons.sum0', 'comparisons.n0') }} as m0,
        {{ sample_variance(
            'comparisons.sum1', 'comparisons.square1', 'comparisons.n1'
        ) }} as sample_v1,
        {{ sample_variance(
            'comparisons.sum0', 'comparisons.square0', 'comparisons.n0'
        ) }} as sample_v0
    from comparisons
    inner join experiments
        on comparisons.experiment_key = experiments.experiment_key

),

spread as (

    select
        *,
        case when metric_type = 'rate' then m1 * (1 - m1) else sample_v1 end as v1,
        case when metric_type = 'rate' then m0 * (1 - m0) else sample_v0 end as v0
    from described

),

final as (

    select
        experiment_key,
        segment,
        arm,
        metric,
        metric_type,
        n1,
        n0,
        x1,
        x0,
        {{ as_statistic('m1') }} as m1,
        {{ as_statistic('m0') }} as m0,
        {{ as_statistic('v1') }} as v1,
        {{ as_statistic('v0') }} as v0,
        cast(significance_level as numeric(18, 4)) as significance_level,
        tuning_count,
        {{ as_statistic('z_alpha') }} as z_alpha,
        {{ as_statistic('z_power') }} as z_power,
        {{ as_statistic('z_stop') }} as z_stop
    from spread

)

select * from final
