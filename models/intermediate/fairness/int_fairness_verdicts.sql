-- One row per promotion (or all), comparison, attribute and group.
-- Is the promotion unfair to the group, fair, or can nobody tell yet?
with

ratios as (
    select * from {{ ref('int_fairness_ratios') }}
),

tests as (
    select * from {{ ref('int_fairness_tests') }}
),

conditions as (
    select * from {{ ref('int_fairness_conditions') }}
),

proxies as (
    select * from {{ ref('int_fairness_proxies') }}
),

limits as (
    select * from {{ ref('int_fairness_limits') }}
),

explained as (

    select
        ratios.*,
        tests.is_gate,
        tests.p_value,
        tests.adjusted_p,
        conditions.conditional_ratio,
        ratios.impact_ratio < ratios.minimum_impact_ratio as is_below,
        coalesce(
            least(
                conditions.conditional_ratio,
                {{ safe_divide(
                    'conditions.standardised_rate',
                    'conditions.standardised_reference_rate'
                ) }}
            ) >= ratios.minimum_impact_ratio
            and conditions.worst_stratum_p >= ratios.significance_level,
            false
        ) as is_explicable,
        coalesce(
            proxies.stratum_cramers_v >= limits.proxy_failure_v
            and proxies.stratum_p < limits.proxy_significance_level,
            false
        ) as is_proxy
    from ratios
    inner join tests on {{ same_group('ratios', 'tests') }}
    inner join limits on ratios.attribute = limits.attribute
    left join conditions on {{ same_group('ratios', 'conditions') }}
    left join proxies
        on
            ratios.promotion_id = proxies.promotion_id
            and ratios.basis = proxies.basis
            and ratios.attribute = proxies.attribute

),

final as (

    select
        promotion_id,
        basis,
        attribute,
        group_name,
        is_gate,
        p_value,
        adjusted_p,
        coalesce(sign(impact_ratio - 1) * sign(conditional_ratio - 1) < 0, false)
            as is_simpson,
        is_below and is_explicable and not is_proxy as is_explained,
        case
            when
                is_below
                and can_judge
                and adjusted_p < significance_level
                and not hangs_on_one
                then
                    case when is_explicable and not is_proxy then 'WARN' else 'FAIL' end
            when is_small or not can_judge then 'INSUFFICIENT'
            when is_below then 'WARN'
            when is_reference or impact_ratio_lower >= minimum_impact_ratio then 'PASS'
            when impact_ratio is not null then 'WATCH'
            else 'INSUFFICIENT'
        end as verdict
    from explained

)

select * from final
