-- One row per product that was ever bought.
-- Can it be recommended today?
with

bought as (
    select * from {{ ref('int_customer_products') }}
),

products as (
    select * from {{ ref('stg_products') }}
),

sold as (

    select
        product_id,
        max(last_ordered_at) as last_ordered_at
    from bought
    group by 1

),

dated as (

    select
        product_id,
        {{ business_date('last_ordered_at') }} as last_sold_date
    from sold

),

-- unknown stock is no reason against it
final as (

    select
        dated.product_id,
        products.category,
        coalesce(products.is_consumable, false) as is_consumable,
        dated.last_sold_date,
        (
            (products.stock_quantity is null or products.stock_quantity > 0)
            and {{ dbt.datediff('dated.last_sold_date', as_of_date(), 'day') }}
            < {{ var('recommendation_sale_days') }}
        ) as is_offered
    from dated
    left join products on dated.product_id = products.product_id

)

select * from final
