-- One row per parameter group, repeats and age that a customer has.
-- What is equal for all of them, whenever they bought last?
with

summary as (
    select * from {{ ref('int_customer_clv_summary') }}
),

parameters as (
    select * from {{ ref('int_clv_parameters') }}
),

expected as (
    select * from {{ ref('int_clv_expected_orders') }}
    where known_at = 'as_of'
),

ages as (

    select distinct
        parameter_group,
        repeat_count,
        clv_age_days
    from summary

),

known as (

    select
        ages.*,
        cast(parameters.r as {{ type_double() }}) as r,
        cast(parameters.alpha as {{ type_double() }}) as alpha,
        parameters.a,
        parameters.b,
        coalesce(parameters.purchase_reason, 'not_fitted') as missing_reason
    from ages
    left join parameters on ages.parameter_group = parameters.parameter_group

),

by_horizon as (

    select
        parameter_group,
        repeat_count,
        clv_age_days,
        {% for days in clv_horizons() -%}
            max(case when horizon_days = {{ days }} then order_count_if_alive end)
                as order_count_{{ days }}d_if_alive,
        {% endfor -%}
        count(order_count_if_alive) as horizon_count
    from expected
    group by 1, 2, 3

),

final as (

    select
        known.parameter_group,
        known.repeat_count,
        known.clv_age_days,
        cast(known.r as numeric(38, 12)) as r,
        cast(known.alpha as numeric(38, 12)) as alpha,
        cast(known.a as numeric(38, 12)) as a,
        cast(known.b as numeric(38, 12)) as b,
        cast(
            {{ no_purchase_if_alive('known', var('clv_churn_days')) }}
            as numeric(18, 15)
        ) as no_purchase_probability_if_alive,
        {% for days in clv_horizons() -%}
            cast(by_horizon.order_count_{{ days }}d_if_alive as numeric(18, 15))
                as order_count_{{ days }}d_if_alive,
        {% endfor -%}
        case
            when known.r is null then known.missing_reason
            when
                coalesce(by_horizon.horizon_count, 0) < {{ clv_horizons() | length }}
                then 'horizon_too_long'
            else 'predicted'
        end as clv_reason
    from known
    left join by_horizon
        on
            known.parameter_group = by_horizon.parameter_group
            and known.repeat_count = by_horizon.repeat_count
            and known.clv_age_days = by_horizon.clv_age_days

)

select * from final
