-- One row per level (product, category), order and item in it.
-- What was bought together?
with

purchases as (
    select * from {{ ref('int_orders_net') }}
    where is_purchase and status != 'cancelled'
),

order_items as (
    select * from {{ ref('stg_order_items') }}
),

products as (
    select * from {{ ref('stg_products') }}
),

-- twice in a basket is in the basket
bought as (

    select distinct
        purchases.order_id,
        order_items.product_id
    from purchases
    inner join order_items on purchases.order_id = order_items.order_id

),

categories as (

    select distinct
        bought.order_id,
        products.category
    from bought
    inner join products on bought.product_id = products.product_id

),

final as (

    select
        'product' as level,
        order_id,
        product_id as item
    from bought

    union all

    select
        'category' as level,
        order_id,
        category as item
    from categories

)

select * from final
