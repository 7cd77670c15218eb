-- One row per promotion (or all), comparison, attribute and group.
-- Which numbers are published, and which would tell too much of too few people?
with

rates as (
    select * from {{ ref('int_fairness_rates') }}
),

ranked as (

    select
        promotion_id,
        basis,
        attribute,
        group_name,
        is_pair,
        eligible_count,
        row_number() over (
            partition by promotion_id, basis, attribute
            order by eligible_count nulls last, group_name nulls last
        ) as size_rank,
        count(*) filter (
            where eligible_count < {{ var('smallest_published_count') }}
        ) over (partition by promotion_id, basis, attribute) as small_count
    from rates

),

-- a single hidden group could be told from the total: the next smallest goes with it;
-- a pair could be told from the groups that it is made of, so all of its table goes
final as (

    select
        promotion_id,
        basis,
        attribute,
        group_name,
        (is_pair and small_count > 0)
        or size_rank <= case when small_count = 1 then 2 else small_count end
            as is_suppressed
    from ranked

)

select * from final
