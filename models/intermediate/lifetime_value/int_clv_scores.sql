-- One row per parameter group, repeats, recency and age that a customer has.
-- Are such customers still there, and how often will they buy?
with

summary as (
    select * from {{ ref('int_customer_clv_summary') }}
),

delivered_ages as (
    select * from {{ ref('int_clv_ages') }}
),

triples as (

    select distinct
        parameter_group,
        repeat_count,
        clv_recency_days,
        clv_age_days
    from summary

),

-- there are few ages and many triples: what is slow is done here
ages as (

    select
        parameter_group,
        repeat_count,
        clv_age_days,
        cast(r as {{ type_double() }}) as r,
        cast(alpha as {{ type_double() }}) as alpha,
        cast(a as {{ type_double() }}) as a,
        cast(b as {{ type_double() }}) as b,
        1 - cast(no_purchase_probability_if_alive as {{ type_double() }})
            as purchase_if_alive,
        {% for days in clv_horizons() -%}
            cast(order_count_{{ days }}d_if_alive as {{ type_double() }})
                as order_count_{{ days }}d_if_alive,
        {% endfor -%}
        clv_reason
    from delivered_ages

),

scored as (

    select
        triples.*,
        {{ probability_alive('ages', 'triples.clv_recency_days') }}
            as probability_alive,
        ages.purchase_if_alive,
        {% for days in clv_horizons() -%}
            ages.order_count_{{ days }}d_if_alive,
        {% endfor -%}
        ages.clv_reason
    from triples
    inner join ages
        on
            triples.parameter_group = ages.parameter_group
            and triples.repeat_count = ages.repeat_count
            and triples.clv_age_days = ages.clv_age_days

),

final as (

    select
        parameter_group,
        repeat_count,
        clv_recency_days,
        clv_age_days,
        cast(probability_alive as numeric(18, 15)) as probability_alive,
        cast(1 - probability_alive * purchase_if_alive as numeric(18, 15))
            as churn_risk,
        {% for days in clv_horizons() -%}
            cast(
                probability_alive * order_count_{{ days }}d_if_alive
                as numeric(18, 15)
            ) as predicted_order_count_{{ days }}d,
        {% endfor -%}
        clv_reason
    from scored

)

select * from final
