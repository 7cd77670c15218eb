-- One row per comparison, segment (or all), treatment arm and metric.
-- Which difference would have been found, and what holds for those who look every day?
with

means as (
    select * from {{ ref('int_lift_means') }}
),

effects as (
    select * from {{ ref('int_lift_effects') }}
),

floats as {{ materialized() }} (

    select
        means.experiment_key,
        means.segment,
        means.arm,
        means.metric,
        means.metric_type,
        means.n1,
        means.n0,
        means.n1 + means.n0 as people,
        means.tuning_count,
        {{ as_float('means.significance_level') }} as alpha,
        nullif({{ as_float('means.m0') }}, 0) as m0,
        {{ as_float('means.v1') }} as v1,
        {{ as_float('means.v0') }} as v0,
        {{ as_float('means.z_alpha') }} as z_alpha,
        {{ as_float('means.z_power') }} as z_power,
        {{ as_float('effects.difference') }} as difference,
        {{ as_float('effects.standard_error') }} as standard_error
    from means
    inner join effects
        on {{ same_effect('means', 'effects') }}

),

started as {{ materialized() }} (

    select
        *,
        {{ safe_divide('((n1 - 1) * v1 + (n0 - 1) * v0)', '(n1 + n0 - 2)') }}
            as pooled_variance,
        {{ always_valid_rho('alpha', 'tuning_count') }} as rho,
        {{ detectable_mean(
            'm0 * (1 - m0)', 'n1', 'n0', 'z_alpha', 'z_power'
        ) }} as d0
    from floats

),
{% for step in range(8) %}
    step_{{ step + 1 }} as {{ materialized() }} (

        select
            *,
            {{ detectable_rate_step(
                'd' ~ step, 'm0', 'n1', 'n0', 'z_alpha', 'z_power'
            ) }} as d{{ step + 1 }}
        from {{ 'started' if step == 0 else 'step_' ~ step }}

    ),
{% endfor %}
detected as {{ materialized() }} (

    select
        *,
        {{ detectable_mean(
            'pooled_variance', 'n1', 'n0', 'z_alpha', 'z_power'
        ) }} as mean_effect,
        {{ always_valid_half_width('standard_error', 'people', 'rho', 'alpha') }}
            as half_width,
        {{ always_valid_p('difference', 'standard_error', 'people', 'rho') }}
            as always_valid_p
    from step_8

),

final as (

    select
        experiment_key,
        segment,
        arm,
        metric,
        -- where no control had the outcome, nobody knows the rate to start from
        case
            when metric_type = 'rate' then {{ as_statistic('d8') }}
            else {{ as_statistic('mean_effect') }}
        end as minimum_detectable_effect,
        {{ as_statistic('difference - half_width') }} as always_valid_lower,
        {{ as_statistic('difference + half_width') }} as always_valid_upper,
        {{ as_statistic('always_valid_p') }} as always_valid_p_value
    from detected

)

select * from final
