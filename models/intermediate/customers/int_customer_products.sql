-- One row per customer and product that they bought.
-- For how much, how often and since when?
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

products as (
    select * from {{ ref('stg_products') }}
),

-- each line to the cent: sums then agree in whatever order they are added
lines as (

    select
        purchases.customer_key,
        purchases.order_id,
        purchases.ordered_at,
        order_items.product_id,
        cast(
            (
                cast(order_items.quantity as {{ type_double() }})
                * order_items.unit_price
                - coalesce(order_items.discount_amount, 0)
            ) * orders.exchange_rate as numeric(28, 2)
        ) as item_amount
    from purchases
    inner join orders on purchases.order_id = orders.order_id
    inner join order_items on purchases.order_id = order_items.order_id

),

summed as (

    select
        customer_key,
        product_id,
        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at,
        count(distinct order_id) as order_count,
        sum(item_amount) as item_amount
    from lines
    group by 1, 2

),

-- the id breaks a tie, so that each customer has one favourite and one first product
ranked as (

    select
        *,
        row_number() over (
            partition by customer_key
            order by item_amount desc nulls last, product_id asc nulls last
        ) as favourite_rank,
        row_number() over (
            partition by customer_key
            order by
                first_ordered_at asc nulls last,
                item_amount desc nulls last,
                product_id asc nulls last
        ) as first_rank
    from summed

),

final as (

    select
        ranked.customer_key,
        ranked.product_id,
        products.category,
        ranked.first_ordered_at,
        ranked.last_ordered_at,
        cast(ranked.order_count as bigint) as order_count,
        cast(ranked.item_amount as numeric(28, 2)) as item_amount,
        ranked.favourite_rank = 1 as is_favourite,
        ranked.first_rank = 1 as is_first
    from ranked
    left join products on ranked.product_id = products.product_id

)

select * from final
