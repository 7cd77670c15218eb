-- One row per promotion (or all), comparison, attribute and group.
-- Which numbers are published, and which would tell too much of too few people?
with

rates as (
    select * from {{ ref('int_fairness_rates') }}
),

hidden as (

    select
        promotion_id,
        basis,
        attribute,
        group_name,
        is_pair,
        {{ is_suppressed_cell(
            'eligible_count', ['promotion_id', 'basis', 'attribute'], ['group_name']
        ) }} as is_hidden
    from rates

),

-- a pair could be told from the groups that it is made of, so all of its table goes
final as (

    select
        promotion_id,
        basis,
        attribute,
        group_name,
        is_hidden
        or (
            is_pair and {{ dbt.bool_or('is_hidden') }} over (
                partition by promotion_id, basis, attribute
            )
        ) as is_suppressed
    from hidden

)

select * from final
