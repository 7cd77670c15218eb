-- One row per product, currency and day on which it was sold.
-- What did it cost?
with

purchases as (
    select * from {{ ref('int_orders_net') }}
    where is_purchase and status != 'cancelled'
),

orders as (
    select * from {{ ref('stg_orders') }}
),

order_items as (
    select * from {{ ref('stg_order_items') }}
),

-- what was given away for nothing has no price
daily as (

    select
        order_items.product_id,
        orders.currency,
        purchases.order_date as price_date,
        percentile_cont(0.5) within group (
            order by cast(order_items.unit_price as {{ type_double() }})
        ) as unit_price
    from purchases
    inner join orders on purchases.order_id = orders.order_id
    inner join order_items on purchases.order_id = order_items.order_id
    where order_items.unit_price > 0
    group by 1, 2, 3

),

final as (

    select
        product_id,
        currency,
        price_date,
        cast(unit_price as numeric(18, 4)) as unit_price,
        price_date = max(price_date) over (partition by product_id, currency)
            as is_latest
    from daily

)

select * from final
