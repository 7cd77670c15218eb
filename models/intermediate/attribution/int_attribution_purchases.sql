-- One row per purchase.
-- Which of its customer's purchases is it, and when did the next one follow?
with

orders as (
    select * from {{ ref('int_orders_net') }}
    where is_purchase
),

final as (

    select
        customer_key,
        cast(row_number() over (
            partition by customer_key
            order by ordered_at nulls last, order_id nulls last
        ) as int) as order_number,
        order_id,
        ordered_at,
        order_date,
        lead(ordered_at) over (
            partition by customer_key
            order by ordered_at nulls last, order_id nulls last
        ) as next_ordered_at,
        net_revenue_amount
    from orders

)

select * from final
