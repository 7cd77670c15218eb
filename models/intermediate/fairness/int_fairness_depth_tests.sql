-- One row per promotion (or all), attribute and group that is compared.
-- Is a difference in the depth of discounts large, and is it chance?
with

depths as (
    select * from {{ ref('int_fairness_depths') }}
),

reference_rates as (
    select * from {{ ref('int_fairness_rates') }}
    where is_reference and basis = 'eligible'
),

reference_depths as (

    select
        depths.promotion_id,
        depths.attribute,
        depths.group_name,
        depths.eligible_count,
        depths.discounted_count,
        depths.mean_depth,
        depths.depth_variance,
        depths.mean_offered_depth,
        depths.offered_depth_variance
    from depths
    inner join reference_rates
        on
            depths.promotion_id = reference_rates.promotion_id
            and depths.attribute = reference_rates.attribute
            and depths.group_name = reference_rates.group_name

),

compared as (

    select
        depths.promotion_id,
        depths.attribute,
        depths.group_name,
        depths.eligible_count as n1,
        reference_depths.eligible_count as n0,
        cast(depths.mean_depth - reference_depths.mean_depth as {{ type_double() }})
            as difference,
        cast(depths.depth_variance as {{ type_double() }}) as v1,
        cast(reference_depths.depth_variance as {{ type_double() }}) as v0,
        cast(
            depths.mean_offered_depth - reference_depths.mean_offered_depth
            as {{ type_double() }}
        ) as offered_difference,
        cast(
            depths.offered_depth_variance + reference_depths.offered_depth_variance
            as {{ type_double() }}
        ) as offered_variances
    from depths
    inner join reference_depths
        on
            depths.promotion_id = reference_depths.promotion_id
            and depths.attribute = reference_depths.attribute
            and depths.group_name != reference_depths.group_name

),

-- Welch (1947): unequal variances, with Satterthwaite's degrees of freedom
welch as (

    select
        *,
        {{ safe_divide('difference', 'sqrt(v1 / n1 + v0 / n0)') }} as t,
        {{ safe_divide(
            '(v1 / n1 + v0 / n0) * (v1 / n1 + v0 / n0)',
            '(' ~ safe_divide('v1 / n1 * v1 / n1', '(n1 - 1)') ~ ' + '
            ~ safe_divide('v0 / n0 * v0 / n0', '(n0 - 1)') ~ ')'
        ) }} as freedom
    from compared

),

final as (

    select
        promotion_id,
        attribute,
        group_name,
        cast({{ safe_divide('difference', 'sqrt((v1 + v0) / 2)') }} as numeric(28, 8))
            as depth_smd,
        cast(t as numeric(28, 8)) as welch_t,
        {{ rounded('freedom', 28, 4) }} as welch_freedom,
        cast({{ t_two_sided('t', 'freedom') }} as numeric(38, 20)) as welch_p,
        cast(
            {{ safe_divide('offered_difference', 'sqrt(offered_variances / 2)') }}
            as numeric(28, 8)
        ) as offered_depth_smd
    from welch

)

select * from final
