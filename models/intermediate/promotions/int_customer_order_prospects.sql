-- One row per known customer.
-- How likely is an order within 30 days unasked, and what will it be worth?
with

customers as (
    select * from {{ ref('int_customers') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

predictions as (
    select * from {{ ref('int_customer_predictions') }}
),

-- what is known of all buyers stands in where a customer says too little
shop as (

    select
        {{ safe_divide('sum(net_revenue_amount)', 'sum(order_count)') }}
            as order_amount,
        {{ safe_divide(
            'sum(margin_amount)',
            'sum(case when margin_amount is not null then net_revenue_amount end)'
        ) }} as margin_share,
        {{ safe_divide(
            'count(case when recency_days < ' ~ clv_horizons()[0] ~ ' then 1 end)',
            'count(*)'
        ) }} as recent_share
    from purchases

),

joined as (

    select
        customers.customer_key,
        case
            when purchases.customer_key is null then 0
            when predictions.predicted_order_count_{{ clv_horizons()[0] }}d is not null
                then
                    1 - exp(-cast(
                        predictions.predicted_order_count_{{ clv_horizons()[0] }}d
                        as {{ type_double() }}
                    ))
            else coalesce(shop.recent_share, 0)
        end as baseline_rate,
        coalesce(
            case
                when predictions.predicted_order_amount > 0
                    then predictions.predicted_order_amount
            end,
            case
                when purchases.average_order_amount > 0
                    then purchases.average_order_amount
            end,
            case when shop.order_amount > 0 then shop.order_amount end
        ) as order_amount,
        coalesce(
            case
                when purchases.net_revenue_amount > 0
                    then {{ safe_divide(
                        'purchases.margin_amount', 'purchases.net_revenue_amount'
                    ) }}
            end,
            shop.margin_share
        ) as margin_share
    from customers
    left join purchases on customers.customer_key = purchases.customer_key
    left join predictions on customers.customer_key = predictions.customer_key
    cross join shop

),

final as (

    select
        customer_key,
        {{ rounded('baseline_rate', 18, 6) }} as baseline_rate,
        {{ rounded('order_amount', 18, 2) }} as order_amount,
        -- costs that are a hundred times the price are mistakes
        {{ rounded(
            'case when margin_share between -100 and 1 then margin_share end', 18, 6
        ) }} as margin_share
    from joined

)

select * from final
