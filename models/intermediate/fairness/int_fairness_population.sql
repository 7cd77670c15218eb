-- One row per promotion (or all), comparison with everybody, profile and stratum.
-- How many people could each promotion have reached?
with

reached as (
    select * from {{ ref('int_fairness_reached') }}
),

people as (
    select * from {{ ref('int_fairness_people') }}
),

targets as (
    select * from {{ ref('int_promotion_candidates') }}
    where ineligible_reason is null
),

promotions as (

    select distinct
        basis,
        promotion_id
    from reached

),

population as (

    select
        profile,
        earlier_value_tier,
        count(*) as eligible_count,
        count(case when is_capped then 1 end) as capped_count
    from people
    group by profile, earlier_value_tier

),

aimed_at as (

    select
        promotions.basis,
        promotions.promotion_id,
        people.profile,
        people.earlier_value_tier,
        count(*) as eligible_count,
        count(case when people.is_capped then 1 end) as capped_count
    from promotions
    inner join targets on promotions.promotion_id = targets.promotion_id
    inner join people on targets.customer_key = people.customer_key
    group by
        promotions.basis,
        promotions.promotion_id,
        people.profile,
        people.earlier_value_tier

),

-- everybody counts as not aimed at, less those who are: no row a person and promotion
entries as (

    select
        promotions.basis,
        promotions.promotion_id,
        population.profile,
        {{ policy_stratum('population.earlier_value_tier', 'null') }} as stratum,
        population.eligible_count,
        population.capped_count
    from promotions
    cross join population

    union all

    select
        basis,
        promotion_id,
        profile,
        {{ policy_stratum('earlier_value_tier', 'null') }} as stratum,
        -eligible_count as eligible_count,
        -capped_count as capped_count
    from aimed_at

    union all

    select
        basis,
        promotion_id,
        profile,
        {{ policy_stratum('earlier_value_tier', '1') }} as stratum,
        eligible_count,
        capped_count
    from aimed_at

),

final as (

    select
        promotion_id,
        basis,
        profile,
        stratum,
        cast(sum(eligible_count) as bigint) as eligible_count,
        cast(sum(capped_count) as bigint) as capped_count
    from entries
    group by promotion_id, basis, profile, stratum
    having sum(eligible_count) > 0

)

select * from final
