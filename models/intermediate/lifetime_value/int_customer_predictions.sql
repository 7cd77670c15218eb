-- One row per customer with at least one purchase.
-- What will they buy and bring, and if nothing can be said of it, why?
with

summary as (
    select * from {{ ref('int_customer_clv_summary') }}
),

scores as (
    select * from {{ ref('int_clv_scores') }}
),

parameters as (
    select * from {{ ref('int_clv_parameters') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

-- the margin share of those whose costs are known
shop as (

    select
        {{ safe_divide(
            'sum(margin_amount)',
            'sum(case when margin_amount is not null then net_revenue_amount end)'
        ) }} as margin_share
    from purchases

),

valued as (

    select
        summary.customer_key,
        summary.parameter_group,
        scores.probability_alive,
        scores.churn_risk,
        scores.predicted_order_count_30d,
        scores.predicted_order_count_90d,
        scores.predicted_order_count_365d,
        {{ expected_order_amount(
            'parameters', 'summary.repeat_count', 'summary.mean_repeat_amount'
        ) }} as predicted_order_amount,
        {{ discounted_orders('scores') }} as discounted_order_count,
        coalesce(
            case
                when purchases.net_revenue_amount > 0
                    then {{ safe_divide(
                        'purchases.margin_amount', 'purchases.net_revenue_amount'
                    ) }}
            end,
            shop.margin_share
        ) as margin_share,
        case
            when scores.clv_reason != 'predicted' then scores.clv_reason
            when parameters.p is null
                then coalesce(parameters.value_reason, 'not_fitted')
            when summary.repeat_amount <= 0 then 'no_positive_amount'
            else 'predicted'
        end as clv_reason
    from summary
    inner join purchases on summary.customer_key = purchases.customer_key
    inner join scores
        on
            summary.parameter_group = scores.parameter_group
            and summary.repeat_count = scores.repeat_count
            and summary.clv_recency_days = scores.clv_recency_days
            and summary.clv_age_days = scores.clv_age_days
    left join parameters on summary.parameter_group = parameters.parameter_group
    cross join shop

),

final as (

    select
        customer_key,
        parameter_group,
        {{ rounded('probability_alive', 18, 6) }} as probability_alive,
        {{ rounded('churn_risk', 18, 6) }} as churn_risk,
        {% for days in clv_horizons() -%}
            {{ rounded('predicted_order_count_' ~ days ~ 'd', 18, 6) }}
                as predicted_order_count_{{ days }}d,
        {% endfor -%}
        {{ rounded('predicted_order_amount', 18, 4) }} as predicted_order_amount,
        {{ rounded('discounted_order_count * predicted_order_amount', 18, 2) }}
            as predicted_revenue_365d_amount,
        {{ rounded(
            'discounted_order_count * predicted_order_amount * margin_share', 18, 2
        ) }} as predicted_margin_365d_amount,
        clv_reason
    from valued

)

select * from final
