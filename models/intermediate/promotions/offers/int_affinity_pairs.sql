-- One row per level and ordered pair of items that are often enough in one basket.
-- How often is each bought, and how often both?
with

basket_items as (
    select * from {{ ref('int_basket_items') }}
),

-- decimals, so that exactly enough is enough
levels as (

    select
        level,
        count(distinct order_id) as basket_count,
        greatest(
            cast({{ var('affinity_minimum_support') }} as numeric(18, 9))
            * count(distinct order_id),
            {{ var('affinity_minimum_baskets') }}
        ) as minimum_count
    from basket_items
    group by level

),

item_counts as (

    select
        level,
        item,
        count(*) as item_count
    from basket_items
    group by level, item

),

-- a pair is never in more baskets than its rarer item; numbers join faster than names
frequent_items as (

    select
        levels.*,
        item_counts.item,
        item_counts.item_count,
        row_number() over (
            order by item_counts.level nulls last, item_counts.item nulls last
        ) as item_key
    from item_counts
    inner join levels on item_counts.level = levels.level
    where item_counts.item_count >= levels.minimum_count

),

baskets as (

    select
        frequent_items.level,
        frequent_items.item_key,
        basket_items.order_id
    from frequent_items
    inner join basket_items
        on
            frequent_items.level = basket_items.level
            and frequent_items.item = basket_items.item

),

pairs as (

    select
        baskets.item_key as one_key,
        others.item_key as other_key,
        count(*) as pair_count
    from baskets
    inner join baskets as others
        on
            baskets.order_id = others.order_id
            and baskets.level = others.level
            and baskets.item_key < others.item_key
    group by baskets.item_key, others.item_key

),

-- counted once, told in both directions
directed as (

    select
        one_key as antecedent_key,
        other_key as consequent_key,
        pair_count
    from pairs

    union all

    select
        other_key as antecedent_key,
        one_key as consequent_key,
        pair_count
    from pairs

),

final as (

    select
        antecedents.level,
        antecedents.item as antecedent,
        consequents.item as consequent,
        cast(antecedents.basket_count as bigint) as basket_count,
        cast(antecedents.item_count as bigint) as antecedent_count,
        cast(consequents.item_count as bigint) as consequent_count,
        cast(directed.pair_count as bigint) as pair_count
    from directed
    inner join frequent_items as antecedents
        on directed.antecedent_key = antecedents.item_key
    inner join frequent_items as consequents
        on directed.consequent_key = consequents.item_key
    where directed.pair_count >= antecedents.minimum_count

)

select * from final
