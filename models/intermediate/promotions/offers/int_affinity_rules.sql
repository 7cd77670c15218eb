-- One row per level (product, category) and ordered pair often bought together.
-- Who bought the one, how much more likely do they buy the other, and how sure is that?
with

pairs as (
    select * from {{ ref('int_affinity_pairs') }}
),

measured as (

    select
        pairs.*,
        {{ safe_divide('pair_count', 'basket_count') }} as support,
        {{ safe_divide('pair_count', 'antecedent_count') }} as confidence,
        {{ wilson_lower('pair_count', 'antecedent_count') }} as confidence_lower,
        {{ wilson_upper('pair_count', 'antecedent_count') }} as confidence_upper,
        {{ safe_divide(
            'pair_count * basket_count', 'antecedent_count * consequent_count'
        ) }} as lift,
        {{ log_lift_error(
            'pair_count', 'antecedent_count', 'consequent_count', 'basket_count'
        ) }} as log_lift_error
    from pairs

),

rounded as (

    select
        level,
        antecedent,
        consequent,
        basket_count,
        antecedent_count,
        consequent_count,
        pair_count,
        {{ rounded('support', 18, 6) }} as support,
        {{ rounded('confidence', 18, 6) }} as confidence,
        {{ rounded('confidence_lower', 18, 6) }} as confidence_lower,
        {{ rounded('confidence_upper', 18, 6) }} as confidence_upper,
        {{ rounded('lift', 18, 6) }} as lift,
        {{ rounded(lift_limit('-', 'lift', 'log_lift_error'), 18, 6) }} as lift_lower,
        {{ rounded(lift_limit('+', 'lift', 'log_lift_error'), 18, 6) }} as lift_upper
    from measured

),

-- by what is sure, not by the highest lift, which is that of the rarest pairs
final as (

    select
        level,
        antecedent,
        consequent,
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
        lift_upper,
        cast(row_number() over (
            partition by level
            order by
                lift_lower desc nulls last,
                pair_count desc nulls last,
                antecedent asc nulls last,
                consequent asc nulls last
        ) as bigint) as affinity_rank
    from rounded

)

select * from final
