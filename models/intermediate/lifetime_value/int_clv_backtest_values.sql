-- One row per predictor and value that it had at the cut; the higher the better.
-- How many customers had that value, and how many of them then bought?
with

customers as (
    select * from {{ ref('int_clv_backtest') }}
),

rules as (
    select * from {{ ref('int_clv_backtest_rules') }}
),

predictors as (
    select * from {{ ref('clv_predictors') }}
),

-- last year's count, as a forecast, is scaled to the length of the hold-out
described as (

    select
        customers.predicted_order_count,
        customers.predicted_revenue_amount,
        customers.purchase_probability,
        customers.probability_alive,
        customers.actual_order_count,
        rules.recency_days,
        rules.occasion_count,
        rules.net_revenue_amount,
        rules.overdue_ratio,
        rules.last_year_occasion_count,
        rules.last_year_occasion_count * {{ safe_divide(
            var('clv_holdout_days'),
            dbt.datediff(
                dbt.dateadd('year', -1, clv_cut_date()), clv_cut_date(), 'day'
            )
        ) }} as last_year_forecast
    from customers
    inner join rules on customers.customer_key = rules.customer_key

),

valued as (

    select
        predictors.predictor,
        described.actual_order_count,
        cast(
            case predictors.predictor
                when 'predicted_order_count' then described.predicted_order_count
                when 'predicted_revenue_amount' then described.predicted_revenue_amount
                when 'purchase_probability' then described.purchase_probability
                when 'probability_alive' then described.probability_alive
                when 'recency' then -described.recency_days
                when 'frequency' then described.occasion_count
                when 'frequency_then_recency'
                    then
                        described.occasion_count
                        + {{ safe_divide(1, '1 + described.recency_days') }}
                when 'monetary' then described.net_revenue_amount
                when 'last_year_count' then described.last_year_occasion_count
                when 'overdue_ratio' then -described.overdue_ratio
            end as numeric(28, 12)
        ) as predictor_value,
        cast(
            case predictors.predictor
                when 'predicted_order_count' then described.predicted_order_count
                when 'last_year_count' then described.last_year_forecast
            end - described.actual_order_count as numeric(16, 6)
        ) as error_order_count
    from described
    cross join predictors

),

final as (

    select
        predictor,
        predictor_value,
        cast(count(*) as bigint) as customer_count,
        cast(count(case when actual_order_count > 0 then 1 end) as bigint)
            as buyer_count,
        cast(sum(actual_order_count) as bigint) as order_count,
        cast(sum(abs(error_order_count)) as numeric(38, 6)) as absolute_error_sum,
        cast(sum(error_order_count * error_order_count) as numeric(38, 12))
            as squared_error_sum
    from valued
    where predictor_value is not null
    group by predictor, predictor_value

)

select * from final
