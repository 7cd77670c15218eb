-- One row per day of knowledge, parameter group, repeats, age and days ahead.
-- For which customers are purchases to be expected, and how far must one sum?
with

summary as (
    select * from {{ ref('int_customer_clv_summary') }}
),

parameters as (
    select * from {{ ref('int_clv_parameters') }}
),

backtest_summary as (
    select * from {{ ref('int_clv_backtest_summary') }}
),

backtest_parameters as (
    select * from {{ ref('int_clv_backtest_parameters') }}
),

tracking_ages as (
    select * from {{ ref('int_clv_tracking_ages') }}
    where age_days > 0
),

horizons as (
    {{ clv_horizons_as_rows() }}
),

ages as (

    select distinct parameter_group, repeat_count, clv_age_days
    from summary

),

asked as (

    select
        'as_of' as known_at,
        ages.parameter_group,
        ages.repeat_count,
        ages.clv_age_days,
        horizons.horizon_days,
        parameters.r,
        parameters.alpha,
        parameters.a,
        parameters.b
    from ages
    cross join horizons
    inner join parameters on ages.parameter_group = parameters.parameter_group

    union all

    select distinct
        'cut' as known_at,
        backtest_summary.parameter_group,
        backtest_summary.repeat_count,
        backtest_summary.clv_age_days,
        {{ var('clv_holdout_days') }} as horizon_days,
        backtest_parameters.r, backtest_parameters.alpha,
        backtest_parameters.a, backtest_parameters.b
    from backtest_summary
    inner join backtest_parameters
        on backtest_summary.parameter_group = backtest_parameters.parameter_group

    union all

    select distinct
        'first' as known_at,
        tracking_ages.parameter_group,
        0 as repeat_count, 0 as clv_age_days,
        tracking_ages.age_days as horizon_days,
        backtest_parameters.r, backtest_parameters.alpha,
        backtest_parameters.a, backtest_parameters.b
    from tracking_ages
    inner join backtest_parameters
        on tracking_ages.parameter_group = backtest_parameters.parameter_group

),

-- z is the share of the days ahead in all days, alpha's before the first included
cells as (

    select
        *,
        cast(r as {{ type_double() }}) + repeat_count as shape,
        cast(b as {{ type_double() }}) + repeat_count as staying,
        {{ in_weeks('horizon_days') }}
        / (alpha + {{ in_weeks('clv_age_days') }} + {{ in_weeks('horizon_days') }})
            as z
    from asked
    where r > 0 and alpha > 0 and a > 0 and b > 0

),

final as (

    select
        cast(
            row_number() over (
                order by
                    known_at, parameter_group, repeat_count, clv_age_days, horizon_days
            ) as bigint
        ) as cell_key,
        known_at,
        parameter_group,
        cast(repeat_count as int) as repeat_count,
        cast(clv_age_days as int) as clv_age_days,
        cast(horizon_days as int) as horizon_days,
        cast(shape as numeric(38, 12)) as shape,
        cast(a as numeric(38, 12)) as leaving,
        cast(staying as numeric(38, 12)) as staying,
        cast(z as numeric(38, 20)) as z,
        {{ clv_term_count('shape', 'z') }} as term_count
    from cells

)

select * from final
