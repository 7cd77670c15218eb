-- One row per month of the first purchase and acquisition channel, as of the cut.
-- Whom does the backtest over- and underestimate: a channel, a season, new customers?
with

predictions as (
    select * from {{ ref('int_clv_backtest') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

cohorts as (
    select * from {{ ref('int_customer_cohort') }}
),

final as (

    select
        cohorts.cohort_month,
        customers.acquisition_channel,
        count(*) as customer_count,
        sum(predictions.predicted_order_count) as predicted_order_count,
        sum(predictions.actual_order_count) as actual_order_count,
        {{ safe_divide(
            'sum(predictions.predicted_order_count)',
            'sum(predictions.actual_order_count)'
        ) }} as calibration_ratio,
        sum(predictions.predicted_revenue_amount) as predicted_revenue_amount,
        sum(predictions.actual_revenue_amount) as actual_revenue_amount
    from predictions
    inner join customers on predictions.customer_key = customers.customer_key
    inner join cohorts on predictions.customer_key = cohorts.customer_key
    where predictions.predicted_order_count is not null
    group by cohorts.cohort_month, customers.acquisition_channel

)

select * from final
