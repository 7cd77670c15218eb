-- One row per attribute, or pair of attributes, that is compared.
-- Which limits hold for it: its own, or those for any?
with

fairness_groups as (
    select * from {{ ref('int_fairness_groups') }}
),

limits as (
    select * from {{ ref('fairness_limits') }}
),

attributes as (

    select distinct attribute
    from fairness_groups

),

ranked as (

    select
        attributes.attribute,
        limits.minimum_impact_ratio,
        limits.significance_level,
        limits.minimum_group_share,
        limits.minimum_expected_count,
        limits.size_factor,
        limits.proxy_warning_v,
        limits.proxy_failure_v,
        limits.proxy_significance_level,
        row_number() over (
            partition by attributes.attribute
            order by case when limits.attribute = 'any' then 1 else 0 end nulls last
        ) as limit_rank
    from attributes
    inner join limits on limits.attribute in ('any', attributes.attribute)

),

final as (

    select
        attribute,
        minimum_impact_ratio,
        significance_level,
        minimum_group_share,
        minimum_expected_count,
        size_factor,
        proxy_warning_v,
        proxy_failure_v,
        proxy_significance_level
    from ranked
    where limit_rank = 1

)

select * from final
