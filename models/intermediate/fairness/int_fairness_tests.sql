-- One row per promotion (or all), comparison, attribute and group.
-- How surely is the group selected less than the limit allows, among so many questions?
with

ratios as (
    select * from {{ ref('int_fairness_ratios') }}
),

bases as (
    select * from {{ ref('fairness_bases') }}
),

-- the more careful of both tests; a promotion's questions are a family, pairs another.
-- People of whom nothing is known share nothing that is protected: told, not tested
tested as (

    select
        ratios.*,
        bases.is_gate,
        case
            when not ratios.has_unknown
                then
                    greatest(
                        coalesce(ratios.wald_p, ratios.score_p),
                        coalesce(ratios.score_p, ratios.wald_p)
                    )
        end as p_value
    from ratios
    inner join bases on ratios.basis = bases.basis

),

ranked as (

    select
        *,
        count(p_value) over (
            partition by promotion_id, is_gate, is_pair
        ) as test_count,
        row_number() over (
            partition by promotion_id, is_gate, is_pair
            order by
                p_value nulls last, basis nulls last,
                attribute nulls last, group_name nulls last
        ) as test_rank
    from tested

),

-- Benjamini and Hochberg (1995)
adjusted as (

    select
        *,
        case
            when p_value is not null
                then
                    least(min(
                        cast(p_value as {{ type_double() }}) * test_count / test_rank
                    ) over (
                            partition by promotion_id, is_gate, is_pair
                            order by test_rank nulls last
                            rows between current row and unbounded following
                        ), 1)
        end as adjusted_p
    from ranked

),

final as (

    select
        promotion_id,
        basis,
        attribute,
        group_name,
        is_gate,
        cast(p_value as numeric(38, 20)) as p_value,
        cast(adjusted_p as numeric(38, 20)) as adjusted_p
    from adjusted

)

select * from final
