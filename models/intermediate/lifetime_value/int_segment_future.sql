-- One row per segment with buyers.
-- What is expected of it in the next year, and how much of that is at risk?
with

segments as (
    select * from {{ ref('int_customer_segment') }}
),

predictions as (
    select * from {{ ref('int_customer_clv') }}
),

summed as (

    select
        segments.segment,
        avg(predictions.churn_risk) as mean_churn_risk,
        sum(predictions.predicted_order_count_365d) as predicted_order_count_365d,
        sum(predictions.predicted_revenue_365d_amount)
            as predicted_revenue_365d_amount,
        sum(predictions.predicted_margin_365d_amount)
            as predicted_margin_365d_amount,
        sum(
            cast(predictions.churn_risk as {{ type_double() }})
            * predictions.predicted_revenue_365d_amount
        ) as revenue_at_risk_amount
    from predictions
    inner join segments on predictions.customer_key = segments.customer_key
    group by segments.segment

),

final as (

    select
        segment,
        {{ rounded('mean_churn_risk', 18, 6) }} as mean_churn_risk,
        {{ rounded('predicted_order_count_365d', 18, 2) }}
            as predicted_order_count_365d,
        {{ rounded('predicted_revenue_365d_amount', 18, 2) }}
            as predicted_revenue_365d_amount,
        {{ rounded(
            safe_divide(
                'predicted_revenue_365d_amount',
                'sum(predicted_revenue_365d_amount) over ()'
            ), 18, 6
        ) }} as predicted_revenue_365d_share,
        {{ rounded('predicted_margin_365d_amount', 18, 2) }}
            as predicted_margin_365d_amount,
        {{ rounded(
            safe_divide(
                'revenue_at_risk_amount', 'predicted_revenue_365d_amount'
            ), 18, 6
        ) }} as revenue_at_risk_share
    from summed

)

select * from final
