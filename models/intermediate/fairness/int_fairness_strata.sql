-- One row per promotion (or all), comparison, attribute, group and stratum.
-- How does each group fare against the reference among customers of the same value?
with

counts as (
    select * from {{ ref('int_fairness_counts') }}
),

reference_rates as (
    select * from {{ ref('int_fairness_rates') }}
    where is_reference
),

limits as (
    select * from {{ ref('int_fairness_limits') }}
),

refs as (

    select
        counts.promotion_id,
        counts.basis,
        counts.attribute,
        counts.stratum,
        counts.group_name,
        counts.eligible_count,
        counts.selected_count
    from counts
    inner join reference_rates on {{ same_group('counts', 'reference_rates') }}

),

totals as (

    select
        *,
        sum(eligible_count) over (
            partition by promotion_id, basis, attribute, stratum
        ) as stratum_eligible_count,
        sum(selected_count) over (
            partition by promotion_id, basis, attribute, stratum
        ) as stratum_selected_count
    from counts

),

compared as (

    select
        totals.*,
        limits.minimum_impact_ratio as limit_ratio,
        coalesce(refs.eligible_count, 0) as n0,
        coalesce(refs.selected_count, 0) as x0,
        {{ safe_divide('totals.selected_count', 'totals.eligible_count') }} as p,
        {{ safe_divide('refs.selected_count', 'refs.eligible_count') }}
            as p0,
        {{ ratio_score_rate(
            'totals.selected_count', 'totals.eligible_count',
            'refs.selected_count', 'refs.eligible_count',
            'limits.minimum_impact_ratio'
        ) }} as score_rate
    from totals
    inner join limits on totals.attribute = limits.attribute
    left join refs
        on
            totals.promotion_id = refs.promotion_id
            and totals.basis = refs.basis
            and totals.attribute = refs.attribute
            and totals.stratum = refs.stratum
            and totals.group_name != refs.group_name

),

tested as (

    select
        *,
        {{ ratio_score_z(
            'p', 'eligible_count', 'p0', 'n0', 'limit_ratio', 'score_rate'
        ) }} as score_z
    from compared

),

final as (

    select
        promotion_id,
        basis,
        attribute,
        group_name,
        stratum,
        has_unknown,
        cast(eligible_count as bigint) as eligible_count,
        cast(selected_count as bigint) as selected_count,
        cast(n0 as bigint) as reference_eligible_count,
        cast(x0 as bigint) as reference_selected_count,
        cast(stratum_eligible_count as bigint) as stratum_eligible_count,
        cast(stratum_selected_count as bigint) as stratum_selected_count,
        cast(score_z as numeric(18, 8)) as score_z
    from tested

)

select * from final
