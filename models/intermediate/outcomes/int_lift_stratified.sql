-- One row per comparison, treatment arm and metric.
-- What is the difference when both arms are weighted to the same mix of segments?
with

means as (
    select * from {{ ref('int_lift_means') }}
    where segment != 'all'
),

comparisons as (
    select * from {{ ref('int_lift_comparisons') }}
    where segment != 'all'
),

-- a segment in which an arm has nobody to compare with is put to the rest
strata as (

    select
        experiment_key,
        arm,
        metric,
        metric_type,
        case when n1 < 2 or n0 < 2 then 'rest' else segment end as stratum,
        sum(n1) as n1,
        sum(n0) as n0,
        sum(sum1) as sum1,
        sum(sum0) as sum0,
        sum(square1) as square1,
        sum(square0) as square0
    from comparisons
    group by
        experiment_key, arm, metric, metric_type,
        case when n1 < 2 or n0 < 2 then 'rest' else segment end

),

described as (

    select
        *,
        {{ safe_divide('sum1', 'n1') }} as m1,
        {{ safe_divide('sum0', 'n0') }} as m0,
        {{ sample_variance('sum1', 'square1', 'n1') }} as sample_v1,
        {{ sample_variance('sum0', 'square0', 'n0') }} as sample_v0,
        sum(n1 + n0) over (partition by experiment_key, arm, metric) as total_count
    from strata
    where n1 + n0 > 0

),

weighted as (

    select
        *,
        {{ safe_divide('n1 + n0', 'total_count') }} as weight,
        case when metric_type = 'rate' then m1 * (1 - m1) else sample_v1 end as v1,
        case when metric_type = 'rate' then m0 * (1 - m0) else sample_v0 end as v0
    from described

),

-- a rest that cannot be compared either leaves no estimate of the whole
summed as (

    select
        experiment_key,
        arm,
        metric,
        count(*) = count(case when n1 > 1 and n0 > 1 then 1 end) as is_comparable,
        {{ exact_sum('weight * (m1 - m0)') }} as difference,
        {{ exact_sum('weight * weight * ('
            ~ safe_divide('v1', 'n1') ~ ' + ' ~ safe_divide('v0', 'n0') ~ ')') }}
            as variance
    from weighted
    group by experiment_key, arm, metric

),

quantiles as (

    select distinct
        experiment_key,
        {{ as_float('z_alpha') }} as z_alpha
    from means

),

final as (

    select
        summed.experiment_key,
        summed.arm,
        summed.metric,
        case when summed.is_comparable then {{ as_statistic('summed.difference') }} end
            as stratified_difference,
        case
            when summed.is_comparable
                then {{ as_statistic('sqrt(greatest(summed.variance, 0))') }}
        end as stratified_error,
        case when summed.is_comparable then {{ as_statistic(
            'summed.difference - quantiles.z_alpha * sqrt(greatest(summed.variance, 0))'
        ) }} end as stratified_lower,
        case when summed.is_comparable then {{ as_statistic(
            'summed.difference + quantiles.z_alpha * sqrt(greatest(summed.variance, 0))'
        ) }} end as stratified_upper
    from summed
    inner join quantiles on summed.experiment_key = quantiles.experiment_key

)

select * from final
