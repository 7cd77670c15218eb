-- One row per customer with at least one purchase whose lines are known.
-- Which product and category do they favour, and which came first?
with

orders as (
    select * from {{ ref('int_orders_net') }}
    where is_purchase
),

rates as (
    select * from {{ ref('stg_orders') }}
),

order_items as (
    select * from {{ ref('stg_order_items') }}
),

products as (
    select * from {{ ref('stg_products') }}
),

lines as (

    select
        orders.customer_key,
        orders.ordered_at,
        orders.order_id,
        order_items.line_number,
        order_items.product_id,
        products.category,
        (
            cast(order_items.quantity as {{ dbt.type_float() }})
            * order_items.unit_price
            - coalesce(order_items.discount_amount, 0)
        ) * rates.exchange_rate as item_amount
    from orders
    inner join rates on orders.order_id = rates.order_id
    inner join order_items on orders.order_id = order_items.order_id
    left join products on order_items.product_id = products.product_id

),

-- to the cent, so that sums in any order agree
product_sums as (

    select
        customer_key,
        product_id,
        category,
        sum(cast(item_amount as numeric(38, 2))) as item_amount
    from lines
    group by 1, 2, 3

),

category_sums as (

    select
        customer_key,
        category,
        sum(item_amount) as item_amount
    from product_sums
    where category is not null
    group by 1, 2

),
