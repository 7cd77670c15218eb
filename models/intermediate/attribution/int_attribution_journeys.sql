-- One row per repeat purchase with a message before it.
-- How many messages led to it, and what did it bring?
with

touches as (
    select * from {{ ref('int_attribution_touches') }}
    where is_converted
),

purchases as (
    select * from {{ ref('int_attribution_purchases') }}
),

summed as (

    select
        customer_key,
        order_number,
        count(*) as touch_count,
        sum(decay_weight) as decay_weight
    from touches
    group by customer_key, order_number

),

final as (

    select
        summed.customer_key,
        summed.order_number,
        purchases.order_id,
        cast(summed.touch_count as int) as touch_count,
        cast(summed.decay_weight as numeric(38, 12)) as decay_weight,
        purchases.net_revenue_amount
    from summed
    inner join purchases
        on
            summed.customer_key = purchases.customer_key
            and summed.order_number = purchases.order_number

)

select * from final
