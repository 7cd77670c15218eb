-- One row per promotion (or all), comparison, attribute and group.
-- How surely is the group selected less than the limit allows, among so many questions?
with

ratios as (
    select * from {{ ref('int_fairness_ratios') }}
),

bases as (
    select * from {{ ref('fairness_bases') }}
),

placed as (

    select
        *,
        {{ normal_below('wald_z') }} as wald_p,
        {{ normal_below('score_z') }} as score_p
    from ratios

),

-- the more careful of both tests; a promotion's questions are a family, pairs another.
-- People of whom nothing is known share nothing that is protected: told, not tested
tested as (

    select
        placed.*,
        bases.is_gate,
        case
            when not placed.has_unknown then greatest(placed.wald_p, placed.score_p)
        end as p_value
    from placed
    inner join bases on placed.basis = bases.basis

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
scaled as (

    select
        *,
        cast(p_value as {{ type_double() }}) * test_count / test_rank as scaled_p
    from ranked

),

adjusted as (

    select
        *,
        min(scaled_p) over (
            partition by promotion_id, is_gate, is_pair
            order by test_rank nulls last
            rows between current row and unbounded following
        ) as lowest_p
    from scaled

),

final as (

    select
        promotion_id,
        basis,
        attribute,
        group_name,
        is_gate,
        cast(wald_p as numeric(38, 20)) as wald_p,
        cast(score_p as numeric(38, 20)) as score_p,
        cast(p_value as numeric(38, 20)) as p_value,
        case
            when p_value is not null then cast(least(lowest_p, 1) as numeric(38, 20))
        end as adjusted_p
    from adjusted

)

select * from final
