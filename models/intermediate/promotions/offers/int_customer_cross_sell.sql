-- One row per customer whose last basket goes with a product that they can be offered.
-- Which product completes it?
with

last_purchases as (
    select * from {{ ref('int_last_purchases') }}
),

basket_items as (
    select * from {{ ref('int_basket_items') }}
    where level = 'product'
),

rules as (
    select * from {{ ref('int_affinity_rules') }}
    where level = 'product' and lift_lower > 1
),

offers as (
    select * from {{ ref('int_product_offers') }}
    where is_offered
),

bought as (
    select * from {{ ref('int_customer_products') }}
),

baskets as (

    select
        last_purchases.customer_key,
        basket_items.item
    from last_purchases
    inner join basket_items on last_purchases.order_id = basket_items.order_id

),

-- not what they have; what is used up may be bought again, but not with the same basket
candidates as (

    select
        baskets.customer_key,
        rules.consequent,
        rules.antecedent,
        rules.lift_lower,
        rules.confidence
    from baskets
    inner join rules on baskets.item = rules.antecedent
    inner join offers on rules.consequent = offers.product_id
    left join bought
        on
            baskets.customer_key = bought.customer_key
            and rules.consequent = bought.product_id
    left join baskets as same_baskets
        on
            baskets.customer_key = same_baskets.customer_key
            and rules.consequent = same_baskets.item
    where
        same_baskets.customer_key is null
        and (bought.customer_key is null or offers.is_consumable)

),

ranked as (

    select
        candidates.*,
        row_number() over (
            partition by customer_key
            order by
                lift_lower desc nulls last,
                confidence desc nulls last,
                consequent asc nulls last,
                antecedent asc nulls last
        ) as candidate_rank
    from candidates

),

final as (

    select
        customer_key,
        consequent as cross_sell_product_id,
        antecedent as cross_sell_from_product_id,
        lift_lower as cross_sell_lift_lower,
        confidence as cross_sell_confidence
    from ranked
    where candidate_rank = 1

)

select * from final
