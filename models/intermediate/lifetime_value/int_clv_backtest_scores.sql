-- One row per parameter group, repeats, recency and age that a customer had at the cut.
-- Were such customers still there, and how often would they buy in the hold-out?
with

summary as (
    select * from {{ ref('int_clv_backtest_summary') }}
),

parameters as (
    select * from {{ ref('int_clv_backtest_parameters') }}
),

expected as (
    select * from {{ ref('int_clv_expected_orders') }}
    where known_at = 'cut'
),

triples as (

    select distinct
        parameter_group,
        repeat_count,
        clv_recency_days,
        clv_age_days
    from summary

),

known as (

    select
        triples.*,
        cast(parameters.r as {{ type_double() }}) as r,
        cast(parameters.alpha as {{ type_double() }}) as alpha,
        cast(parameters.a as {{ type_double() }}) as a,
        cast(parameters.b as {{ type_double() }}) as b,
        coalesce(parameters.purchase_reason, 'not_fitted') as missing_reason,
        expected.order_count_if_alive
    from triples
    left join parameters on triples.parameter_group = parameters.parameter_group
    left join expected
        on
            triples.parameter_group = expected.parameter_group
            and triples.repeat_count = expected.repeat_count
            and triples.clv_age_days = expected.clv_age_days

),

scored as (

    select
        *,
        {{ probability_alive('known') }} as probability_alive,
        {{ no_purchase_if_alive('known', var('clv_holdout_days')) }}
            as no_purchase_if_alive
    from known

),

final as (

    select
        parameter_group,
        repeat_count,
        clv_recency_days,
        clv_age_days,
        cast(probability_alive as numeric(18, 15)) as probability_alive,
        cast(probability_alive * (1 - no_purchase_if_alive) as numeric(18, 15))
            as purchase_probability,
        cast(probability_alive * order_count_if_alive as numeric(18, 12))
            as predicted_order_count,
        case
            when r is null then missing_reason
            when order_count_if_alive is null then 'horizon_too_long'
            else 'predicted'
        end as clv_reason
    from scored

)

select * from final
