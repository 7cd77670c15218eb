-- One row per comparison, segment (or all), treatment arm and metric.
-- What is left of the difference once what people did before is taken out (CUPED)?
with

comparisons as (
    select * from {{ ref('int_lift_comparisons') }}
),

means as (
    select * from {{ ref('int_lift_means') }}
),

varied as {{ materialized() }} (

    select
        comparisons.*,
        {{ as_float('means.z_alpha') }} as z_alpha,
        {{ as_float('means.m1') }} as m1,
        {{ as_float('means.m0') }} as m0,
        {{ safe_divide('comparisons.earlier1', 'comparisons.n1') }} as earlier_mean1,
        {{ safe_divide('comparisons.earlier0', 'comparisons.n0') }} as earlier_mean0,
        {{ sample_variance('sum1', 'square1', 'comparisons.n1') }} as own_v1,
        {{ sample_variance('sum0', 'square0', 'comparisons.n0') }} as own_v0,
        {{ sample_variance('earlier1', 'earlier_square1', 'comparisons.n1') }}
            as earlier_v1,
        {{ sample_variance('earlier0', 'earlier_square0', 'comparisons.n0') }}
            as earlier_v0,
        {{ sample_covariance('product1', 'sum1', 'earlier1', 'comparisons.n1') }}
            as covariance1,
        {{ sample_covariance('product0', 'sum0', 'earlier0', 'comparisons.n0') }}
            as covariance0,
        {{ sample_variance(
            '(earlier1 + earlier0)', '(earlier_square1 + earlier_square0)',
            '(comparisons.n1 + comparisons.n0)'
        ) }} as earlier_v,
        {{ sample_covariance(
            '(product1 + product0)', '(sum1 + sum0)', '(earlier1 + earlier0)',
            '(comparisons.n1 + comparisons.n0)'
        ) }} as covariance
    from comparisons
    inner join means
        on {{ same_effect('comparisons', 'means') }}

),

-- one slope for both arms, or the arms would be bent towards each other
sloped as {{ materialized() }} (

    select
        *,
        {{ safe_divide('covariance', 'earlier_v') }} as theta
    from varied

),

adjusted as {{ materialized() }} (

    select
        *,
        m1 - m0 - theta * (earlier_mean1 - earlier_mean0) as difference,
        {{ adjusted_variance('own_v1', 'earlier_v1', 'covariance1', 'theta') }} as v1,
        {{ adjusted_variance('own_v0', 'earlier_v0', 'covariance0', 'theta') }} as v0
    from sloped

),

measured as {{ materialized() }} (

    select
        *,
        sqrt({{ safe_divide('v1', 'n1') }} + {{ safe_divide('v0', 'n0') }})
            as standard_error,
        sqrt({{ safe_divide('own_v1', 'n1') }} + {{ safe_divide('own_v0', 'n0') }})
            as raw_error,
        {{ welch_freedom('v1', 'n1', 'v0', 'n0') }} as freedom
    from adjusted

),

tested as {{ materialized() }} (

    select
        *,
        {{ t_quantile('z_alpha', 'freedom') }} as quantile,
        {{ safe_divide('difference', 'standard_error') }} as statistic
    from measured

),

final as (

    select
        experiment_key,
        segment,
        arm,
        metric,
        {{ as_statistic('theta') }} as theta,
        {{ as_statistic('difference') }} as adjusted_difference,
        {{ as_statistic('standard_error') }} as adjusted_error,
        {{ as_statistic('difference - quantile * standard_error') }} as adjusted_lower,
        {{ as_statistic('difference + quantile * standard_error') }} as adjusted_upper,
        {{ as_statistic(t_two_sided('statistic', 'freedom')) }} as adjusted_p_value,
        {{ as_statistic('1 - ' ~ safe_divide(
            'standard_error * standard_error', 'raw_error * raw_error'
        )) }} as variance_reduction
    from tested

)

select * from final
