-- One row per promotion (or all), attribute and group of those eligible tonight.
-- Does one group get deeper discounts than another?
with

decided as (
    select * from {{ ref('int_fairness_decided') }}
    where basis = 'eligible'
),

fairness_groups as (
    select * from {{ ref('int_fairness_groups') }}
),

counted as (

    select
        decided.promotion_id,
        fairness_groups.attribute,
        fairness_groups.group_name,
        decided.discount_depth as depth,
        sum(decided.eligible_count) as person_count
    from decided
    inner join fairness_groups on decided.profile = fairness_groups.profile
    group by
        decided.promotion_id,
        fairness_groups.attribute,
        fairness_groups.group_name,
        decided.discount_depth

),

-- where in the order of depths of those with a discount each value ends
placed as (

    select
        *,
        sum(person_count) over (
            partition by promotion_id, attribute, group_name
            order by depth nulls last
        ) as count_up_to,
        sum(person_count) over (
            partition by promotion_id, attribute, group_name
        ) as total
    from counted
    where depth > 0

),

quantiles as (

    select
        promotion_id,
        attribute,
        group_name,
        min(case when 2 * count_up_to >= total then depth end) as median_depth,
        min(case when 10 * count_up_to >= 9 * total then depth end) as depth_p90
    from placed
    group by promotion_id, attribute, group_name

),

summed as (

    select
        promotion_id,
        attribute,
        group_name,
        sum(person_count) as n_all,
        cast(sum(person_count * depth) as {{ type_double() }}) as sum_all,
        cast(sum(person_count * depth * depth) as {{ type_double() }}) as squares_all,
        sum(case when depth > 0 then person_count else 0 end) as n_offer
    from counted
    group by promotion_id, attribute, group_name

),

-- a depth lies between 0 and 1, so that sums of squares lose nothing that matters
moments as (

    select
        *,
        {{ safe_divide('sum_all', 'n_all') }} as mean_all,
        {{ safe_divide('sum_all', 'n_offer') }} as mean_offer,
        {{ safe_divide(
            'greatest(squares_all - sum_all * sum_all / n_all, 0)', '(n_all - 1)'
        ) }} as variance_all,
        {{ safe_divide(
            'greatest(squares_all - '
            ~ safe_divide('sum_all * sum_all', 'n_offer') ~ ', 0)',
            '(n_offer - 1)'
        ) }} as variance_offer
    from summed

),

final as (

    select
        moments.promotion_id,
        moments.attribute,
        moments.group_name,
        cast(moments.n_all as bigint) as eligible_count,
        cast(moments.n_offer as bigint) as discounted_count,
        cast(moments.mean_all as numeric(18, 8)) as mean_depth,
        cast(moments.variance_all as numeric(28, 16)) as depth_variance,
        cast(moments.mean_offer as numeric(18, 8)) as mean_offered_depth,
        cast(moments.variance_offer as numeric(28, 16)) as offered_depth_variance,
        {{ rounded('quantiles.median_depth', 18, 4) }} as median_offered_depth,
        {{ rounded('quantiles.depth_p90', 18, 4) }} as offered_depth_p90
    from moments
    left join quantiles
        on
            moments.promotion_id = quantiles.promotion_id
            and moments.attribute = quantiles.attribute
            and moments.group_name = quantiles.group_name

)

select * from final
