-- One row per promotion (or all), comparison, attribute and group.
-- By how much less is a group selected than the reference, and is that shown or chance?
with

rates as (
    select * from {{ ref('int_fairness_rates') }}
),

limits as (
    select * from {{ ref('int_fairness_limits') }}
),

refs as (
    select * from {{ ref('int_fairness_rates') }}
    where is_reference
),

paired as (

    select
        rates.*,
        limits.minimum_impact_ratio as limit_ratio,
        limits.significance_level,
        limits.minimum_group_share,
        limits.minimum_expected_count,
        refs.group_name as reference_group_name,
        refs.eligible_count as n0,
        refs.selected_count as x0,
        {{ safe_divide('rates.selected_count', 'rates.eligible_count') }} as p,
        {{ safe_divide('refs.selected_count', 'refs.eligible_count') }}
            as p0,
        {{ safe_divide('rates.total_selected_count', 'rates.total_eligible_count') }}
            as overall_rate,
        {{ wilson_lower('rates.selected_count', 'rates.eligible_count') }} as l,
        {{ wilson_upper('rates.selected_count', 'rates.eligible_count') }} as u,
        {{ wilson_lower('refs.selected_count', 'refs.eligible_count') }}
            as l0,
        {{ wilson_upper('refs.selected_count', 'refs.eligible_count') }}
            as u0,
        {{ ratio_score_rate(
            'rates.selected_count', 'rates.eligible_count',
            'refs.selected_count', 'refs.eligible_count',
            'limits.minimum_impact_ratio'
        ) }} as score_rate
    from rates
    inner join limits on rates.attribute = limits.attribute
    left join refs
        on
            rates.promotion_id = refs.promotion_id
            and rates.basis = refs.basis
            and rates.attribute = refs.attribute
            and rates.group_name != refs.group_name

),

tested as (

    select
        *,
        {{ ratio_wald_z('p', 'eligible_count', 'p0', 'n0', 'limit_ratio') }} as wald_z,
        {{ ratio_score_z(
            'p', 'eligible_count', 'p0', 'n0', 'limit_ratio', 'score_rate'
        ) }} as score_z,
        {{ ratio_lower('p', 'l', 'u', 'p0', 'l0', 'u0') }} as ratio_lower,
        {{ ratio_upper('p', 'l', 'u', 'p0', 'l0', 'u0') }} as ratio_upper,
        {{ difference_lower('p', 'l', 'p0', 'u0') }} as difference_lower,
        {{ difference_upper('p', 'u', 'p0', 'l0') }} as difference_upper
    from paired

),

final as (

    select
        promotion_id,
        basis,
        attribute,
        group_name,
        is_pair,
        has_unknown,
        reference_group_name,
        is_reference,
        eligible_count,
        selected_count,
        minimum_count,
        cast(limit_ratio as numeric(18, 4)) as minimum_impact_ratio,
        cast(p as numeric(28, 10)) as selection_rate,
        cast(overall_rate as numeric(28, 10)) as overall_selection_rate,
        cast(l as numeric(28, 10)) as selection_rate_lower,
        cast(u as numeric(28, 10)) as selection_rate_upper,
        cast({{ safe_divide('p', 'p0') }} as numeric(28, 10)) as impact_ratio,
        cast(ratio_lower as numeric(28, 10)) as impact_ratio_lower,
        cast(ratio_upper as numeric(28, 10)) as impact_ratio_upper,
        cast(p - p0 as numeric(18, 10)) as rate_difference,
        cast(difference_lower as numeric(18, 10)) as rate_difference_lower,
        cast(difference_upper as numeric(18, 10)) as rate_difference_upper,
        cast({{ safe_divide('p', 'overall_rate') }} as numeric(28, 10))
            as impact_ratio_to_overall,
        {{ rounded('eligible_count * overall_rate - selected_count', 18, 4) }}
            as shortfall_count,
        cast(wald_z as numeric(18, 8)) as wald_z,
        cast(score_z as numeric(18, 8)) as score_z,
        can_judge,
        -- does one selection, moved from the favoured to the other group, decide?
        {{ safe_divide('selected_count + 1', 'eligible_count') }}
        >= limit_ratio * {{ safe_divide('x0 - 1', 'n0') }} as hangs_on_one,
        cast(significance_level as numeric(18, 4)) as significance_level,
        coalesce(
            eligible_count < minimum_count
            or eligible_count * overall_rate < minimum_expected_count
            or eligible_count < minimum_group_share * total_eligible_count,
            true
        ) as is_small
    from tested

)

select * from final
