-- One row per level and ordered pair of items that are often enough in one basket.
-- How often is each bought, and how often both?
{% set minimum_support -%}
    cast({{ var('affinity_minimum_support') }} as numeric(18, 9))
{%- endset %}
{% set minimum_baskets = var('affinity_minimum_baskets') %}
with

basket_items as (
    select * from {{ ref('int_basket_items') }}
),

levels as (

    select
        level,
        count(distinct order_id) as basket_count
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
        levels.level,
        levels.basket_count,
        item_counts.item,
        item_counts.item_count,
        row_number() over (
            order by item_counts.level nulls last, item_counts.item nulls last
        ) as item_key
    from item_counts
    inner join levels on item_counts.level = levels.level
    where
        item_counts.item_count >= {{ minimum_support }} * levels.basket_count
        and item_counts.item_count >= {{ minimum_baskets }}

),

baskets as (

    select
        basket_items.order_id,
        basket_items.level,
        frequent_items.item_key
    from basket_items
    inner join frequent_items
        on
            basket_items.level = frequent_items.level
            and basket_items.item = frequent_items.item

),

pairs as (

    select
        one.item_key as one_key,
        other.item_key as other_key,
        count(*) as pair_count
    from baskets as one
    inner join baskets as other
        on
            one.order_id = other.order_id
            and one.level = other.level
            and one.item_key < other.item_key
    group by 1, 2

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
    where
        directed.pair_count >= {{ minimum_support }} * antecedents.basket_count
        and directed.pair_count >= {{ minimum_baskets }}

)

select * from final
