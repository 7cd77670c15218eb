-- One row per customer with at least one purchase.
-- What completes their last basket, and what is the next better product?
with

customers as (
    select * from {{ ref('int_customer_purchases') }}
),

last_purchases as (
    select * from {{ ref('int_last_purchases') }}
),

cross_sell as (
    select * from {{ ref('int_customer_cross_sell') }}
),

upsell as (
    select * from {{ ref('int_customer_upsell') }}
),

final as (

    select
        customers.customer_key,
        last_purchases.order_id as last_basket_order_id,
        cross_sell.cross_sell_product_id,
        cross_sell.cross_sell_from_product_id,
        cross_sell.cross_sell_lift_lower,
        cross_sell.cross_sell_confidence,
        upsell.upsell_product_id,
        upsell.upsell_from_product_id,
        upsell.upsell_price_amount,
        upsell.upsell_currency
    from customers
    left join last_purchases
        on customers.customer_key = last_purchases.customer_key
    left join cross_sell on customers.customer_key = cross_sell.customer_key
    left join upsell on customers.customer_key = upsell.customer_key

)

select * from final
