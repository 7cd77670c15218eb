{#- Probabilities lie between 0 and 1, purchases grow with the days ahead, one order day
    means alive for sure, and what is predicted is null only where a reason says so. -#}
with

predictions as (
    select * from {{ ref('int_customer_clv') }}
),

summary as (
    select * from {{ ref('int_customer_clv_summary') }}
),

failures as (

    select
        predictions.*,
        summary.repeat_count,
        summary.clv_recency_days
    from predictions
    inner join summary on predictions.customer_key = summary.customer_key
    where
        predictions.probability_alive not between 0 and 1
        or predictions.churn_risk not between 0 and 1
        or predictions.churn_risk < 1 - predictions.probability_alive
        or predictions.predicted_order_count_30d < 0
        or predictions.predicted_order_count_90d
        not between predictions.predicted_order_count_30d
        and predictions.predicted_order_count_365d
        or (summary.repeat_count = 0 and predictions.probability_alive < 1)
        or (summary.repeat_count = 0) != (summary.clv_recency_days = 0)
        or summary.clv_recency_days not between 0 and summary.clv_age_days
        or (predictions.clv_reason = 'predicted')
        != (predictions.predicted_revenue_365d_amount is not null)
        or predictions.clv_reason is null

)

select * from failures
