-- One row per customer with at least one purchase.
-- What completes their last basket, and what is the next price tier of what they buy?
with

customers as (
    select * from {{ ref('int_customers') }}
),

recommendations as (
    select * from {{ ref('int_customer_recommendations') }}
),

final as (

    select
        customers.customer_id,
        {{ as_of_date() }} as as_of_date,
        recommendations.last_basket_order_id,
        recommendations.cross_sell_product_id,
        recommendations.cross_sell_from_product_id,
        recommendations.cross_sell_lift_lower,
        recommendations.cross_sell_confidence,
        recommendations.upsell_product_id,
        recommendations.upsell_from_product_id,
        recommendations.upsell_price_amount,
        recommendations.upsell_currency
    from recommendations
    inner join customers on recommendations.customer_key = customers.customer_key

)

select * from final
