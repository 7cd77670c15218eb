-- One row per comparison, segment (or all), treatment arm and metric.
-- How large is the difference to the control, and how sure is it?
with

means as (
    select * from {{ ref('int_lift_means') }}
),

floats as (

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
        {{ as_float('m1') }} as m1,
        {{ as_float('m0') }} as m0,
        {{ as_float('v1') }} as v1,
        {{ as_float('v0') }} as v0,
        {{ as_float('z_alpha') }} as z_alpha
    from means

),

estimated as (

    select
        *,
        m1 - m0 as difference,
        sqrt({{ safe_divide('v1', 'n1') }} + {{ safe_divide('v0', 'n0') }})
            as standard_error,
        case
            when metric_type != 'rate' then {{ welch_freedom('v1', 'n1', 'v0', 'n0') }}
        end as freedom,
        {{ safe_divide('m1 - m0', 'abs(m0)') }} as relative_lift,
        sqrt({{ relative_lift_variance('m1', 'v1', 'n1', 'm0', 'v0', 'n0') }})
            as relative_error
    from floats

),

placed as (

    select
        *,
        case
            when metric_type = 'rate' then z_alpha
            else {{ t_quantile('z_alpha', 'freedom') }}
        end as quantile,
        case
            when metric_type = 'rate' then {{ pooled_rate_z('x1', 'n1', 'x0', 'n0') }}
            else {{ safe_divide('difference', 'standard_error') }}
        end as statistic
    from estimated

),

tested as (

    select
        *,
        case
            when metric_type = 'rate' then {{ normal_two_sided('statistic') }}
            else {{ t_two_sided('statistic', 'freedom') }}
        end as p_value,
        {{ wilson_lower('x1', 'n1', 'z_alpha') }} as l1,
        {{ wilson_upper('x1', 'n1', 'z_alpha') }} as u1,
        {{ wilson_lower('x0', 'n0', 'z_alpha') }} as l0,
        {{ wilson_upper('x0', 'n0', 'z_alpha') }} as u0
    from placed

),

final as (

    select
        experiment_key,
        segment,
        arm,
        metric,
        {{ as_statistic('m1') }} as treatment_mean,
        {{ as_statistic('m0') }} as control_mean,
        {{ as_statistic('difference') }} as difference,
        {{ as_statistic('standard_error') }} as standard_error,
        {{ as_statistic('freedom') }} as freedom,
        {{ as_statistic('difference - quantile * standard_error') }}
            as difference_lower,
        {{ as_statistic('difference + quantile * standard_error') }}
            as difference_upper,
        case when metric_type = 'rate' then {{ as_statistic(
            difference_lower('m1', 'l1', 'm0', 'u0')
        ) }} end as newcombe_lower,
        case when metric_type = 'rate' then {{ as_statistic(
            difference_upper('m1', 'u1', 'm0', 'l0')
        ) }} end as newcombe_upper,
        {{ as_statistic('relative_lift') }} as relative_lift,
        {{ as_statistic('relative_error') }} as relative_error,
        {{ as_statistic('relative_lift - quantile * relative_error') }}
            as relative_lower,
        {{ as_statistic('relative_lift + quantile * relative_error') }}
            as relative_upper,
        {{ as_statistic('p_value') }} as p_value
    from tested

)

select * from final
