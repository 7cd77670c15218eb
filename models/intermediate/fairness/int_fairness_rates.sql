-- One row per promotion (or all), comparison, attribute and group.
-- How often is each group selected, how large must it be, and which is the reference?
with

counts as (
    select * from {{ ref('int_fairness_counts') }}
),

limits as (
    select * from {{ ref('int_fairness_limits') }}
),

counted as (

    select
        promotion_id,
        basis,
        attribute,
        group_name,
        is_pair,
        has_unknown,
        sum(eligible_count) as eligible_count,
        sum(selected_count) as selected_count,
        sum(capped_count) as capped_count,
        sum(message_count) as message_count
    from counts
    group by promotion_id, basis, attribute, group_name, is_pair, has_unknown

),

totals as (

    select
        *,
        sum(eligible_count) over (
            partition by promotion_id, basis, attribute
        ) as total_eligible_count,
        sum(selected_count) over (
            partition by promotion_id, basis, attribute
        ) as total_selected_count
    from counted

),

rated as (

    select
        *,
        {{ safe_divide('selected_count', 'eligible_count') }} as rate,
        {{ safe_divide('total_selected_count', 'total_eligible_count') }}
            as overall_rate
    from totals

),

-- the size with which a truly equal group shows that it is: 2 (1 - p) / p by the
-- squared logarithm of the limit, times a factor for the chance of showing it; and no
-- fewer than a group needs in which everybody is selected (Wilson's lower limit)
sized as (

    select
        rated.*,
        ceil(greatest(
            limits.size_factor * 2 * (1 - rated.overall_rate) / nullif(
                rated.overall_rate * power(ln(limits.minimum_impact_ratio), 2), 0
            ),
            limits.size_factor * limits.minimum_impact_ratio
            / (1 - limits.minimum_impact_ratio)
        )) as minimum_count
    from rated
    inner join limits on rated.attribute = limits.attribute

),

ranked as (

    select
        *,
        row_number() over (
            partition by promotion_id, basis, attribute
            order by
                has_unknown asc nulls last,
                case when eligible_count >= minimum_count then rate end desc nulls last,
                eligible_count desc nulls last,
                group_name asc nulls last
        ) as reference_rank
    from sized

),

final as (

    select
        promotion_id,
        basis,
        attribute,
        group_name,
        is_pair,
        has_unknown,
        cast(eligible_count as bigint) as eligible_count,
        cast(selected_count as bigint) as selected_count,
        cast(capped_count as bigint) as capped_count,
        cast(message_count as bigint) as message_count,
        cast(total_eligible_count as bigint) as total_eligible_count,
        cast(total_selected_count as bigint) as total_selected_count,
        cast(minimum_count as bigint) as minimum_count,
        reference_rank = 1 and not has_unknown as is_reference,
        -- without a group that is large enough the largest is the reference, to look at
        coalesce(max(case when not has_unknown then eligible_count end) over (
            partition by promotion_id, basis, attribute
        ) >= minimum_count, false) as can_judge
    from ranked

)

select * from final
