-- One row per customer for whom there is a next price tier.
-- Which better product than their last one can they be offered?
with

last_purchases as (
    select * from {{ ref('int_last_purchases') }}
),

order_items as (
    select * from {{ ref('stg_order_items') }}
),

tiers as (
    select * from {{ ref('int_product_tiers') }}
),

bought as (
    select * from {{ ref('int_customer_products') }}
),

-- in the order's currency; to the hundredth of a cent, whatever the order of the lines
basket_products as (

    select
        last_purchases.customer_key,
        last_purchases.currency,
        order_items.product_id,
        sum({{ rounded(
            'cast(order_items.quantity as ' ~ type_double()
            ~ ') * order_items.unit_price'
            ~ ' - coalesce(order_items.discount_amount, 0)', 28, 4
        ) }}) as item_amount
    from last_purchases
    inner join order_items on last_purchases.order_id = order_items.order_id
    group by 1, 2, 3

),

-- where they spent most, of what has a category and a price
ranked as (

    select
        basket_products.customer_key,
        tiers.product_id,
        tiers.category,
        tiers.currency,
        tiers.offer_count,
        row_number() over (
            partition by basket_products.customer_key
            order by
                basket_products.item_amount desc nulls last,
                basket_products.product_id asc nulls last
        ) as value_rank
    from basket_products
    inner join tiers
        on
            basket_products.product_id = tiers.product_id
            and basket_products.currency = tiers.currency

),

-- the dearer offers that they have, numbered: as long as they come without a gap, their
-- rank is the first one's and their number
owned as (

    select
        ranked.customer_key,
        tiers.offer_rank - ranked.offer_count as steps_up,
        row_number() over (
            partition by ranked.customer_key
            order by tiers.offer_rank nulls last
        ) as owned_number
    from ranked
    inner join bought on ranked.customer_key = bought.customer_key
    inner join tiers
        on
            bought.product_id = tiers.product_id
            and ranked.category = tiers.category
            and ranked.currency = tiers.currency
    where ranked.value_rank = 1 and tiers.offer_rank > ranked.offer_count

),

skipped as (

    select
        customer_key,
        count(*) as step_count
    from owned
    where steps_up = owned_number
    group by 1

),

final as (

    select
        ranked.customer_key,
        tiers.product_id as upsell_product_id,
        ranked.product_id as upsell_from_product_id,
        tiers.unit_price as upsell_price_amount,
        tiers.currency as upsell_currency
    from ranked
    left join skipped on ranked.customer_key = skipped.customer_key
    inner join tiers
        on
            ranked.category = tiers.category
            and ranked.currency = tiers.currency
            and ranked.offer_count + coalesce(skipped.step_count, 0) + 1
            = tiers.offer_rank
    where ranked.value_rank = 1

)

select * from final
