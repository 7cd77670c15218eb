-- One row per customer with a purchase that was not cancelled.
-- Which was the last, and in which currency?
with

purchases as (
    select * from {{ ref('int_orders_net') }}
    where is_purchase and status != 'cancelled'
),

orders as (
    select * from {{ ref('stg_orders') }}
),

last_times as (

    select
        customer_key,
        max(ordered_at) as ordered_at
    from purchases
    group by 1

),

-- of several at one instant, the last id
last_orders as (

    select
        purchases.customer_key,
        max(purchases.order_id) as order_id
    from purchases
    inner join last_times
        on
            purchases.customer_key = last_times.customer_key
            and purchases.ordered_at = last_times.ordered_at
    group by 1

),

final as (

    select
        last_orders.customer_key,
        last_orders.order_id,
        orders.ordered_at,
        orders.currency
    from last_orders
    inner join orders on last_orders.order_id = orders.order_id

)

select * from final
