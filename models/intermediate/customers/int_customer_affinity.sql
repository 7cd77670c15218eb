-- One row per customer with at least one purchase.
-- Which category, product and channel do they favour, and where did they begin?
with

customers as (
    select * from {{ ref('int_customer_purchases') }}
),

products as (
    select * from {{ ref('int_customer_products') }}
),

orders as (
    select * from {{ ref('int_orders_net') }}
    where is_purchase and channel is not null
),

favourite_products as (
    select * from products
    where is_favourite
),

first_products as (
    select * from products
    where is_first
),

categories as (

    select
        customer_key,
        category,
        sum(item_amount) as item_amount
    from products
    where category is not null
    group by customer_key, category

),

-- the name breaks a tie, so that each customer has one favourite
ranked_categories as (

    select
        customer_key,
        category,
        row_number() over (
            partition by customer_key
            order by item_amount desc nulls last, category asc nulls last
        ) as category_rank
    from categories

),

channels as (

    select
        customer_key,
        channel,
        count(*) as order_count,
        sum(net_revenue_amount) as net_revenue_amount
    from orders
    group by customer_key, channel

),

ranked_channels as (

    select
        customer_key,
        channel,
        row_number() over (
            partition by customer_key
            order by
                order_count desc nulls last,
                net_revenue_amount desc nulls last,
                channel asc nulls last
        ) as channel_rank
    from channels

),

final as (

    select
        customers.customer_key,
        ranked_categories.category as favourite_category,
        favourite_products.product_id as favourite_product_id,
        first_products.category as first_category,
        ranked_channels.channel as main_order_channel
    from customers
    left join favourite_products
        on customers.customer_key = favourite_products.customer_key
    left join first_products
        on customers.customer_key = first_products.customer_key
    left join ranked_categories
        on
            customers.customer_key = ranked_categories.customer_key
            and ranked_categories.category_rank = 1
    left join ranked_channels
        on
            customers.customer_key = ranked_channels.customer_key
            and ranked_channels.channel_rank = 1

)

select * from final
