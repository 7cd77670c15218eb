-- One row per level (product, category) and ordered pair often bought together.
-- Who buys the one, how much more likely do they buy the other, and how sure is that?
with

rules as (
    select * from {{ ref('int_affinity_rules') }}
),

final as (

    select
        level,
        antecedent,
        consequent,
        {{ as_of_date() }} as as_of_date,
        affinity_rank,
        basket_count,
        antecedent_count,
        consequent_count,
        pair_count,
        support,
        confidence,
        confidence_lower,
        confidence_upper,
        lift,
        lift_lower,
        lift_upper
    from rules

)

select * from final
