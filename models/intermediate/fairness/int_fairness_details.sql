-- One row per promotion (or all), comparison, attribute and group.
-- How deep are a group's discounts, how often is it contacted, and how was it before?
with

rates as (
    select * from {{ ref('int_fairness_rates') }}
),

depths as (
    select * from {{ ref('int_fairness_depths') }}
),

depth_tests as (
    select * from {{ ref('int_fairness_depth_tests') }}
),

pressure as (
    select * from {{ ref('int_fairness_pressure') }}
),

homogeneity as (
    select * from {{ ref('int_fairness_homogeneity') }}
),

trend as (
    select * from {{ ref('int_fairness_trend') }}
),

final as (

    select
        rates.promotion_id,
        rates.basis,
        rates.attribute,
        rates.group_name,
        depths.discounted_count,
        depths.mean_depth,
        depths.mean_offered_depth,
        depths.median_offered_depth,
        depths.offered_depth_p90,
        depth_tests.depth_smd,
        depth_tests.offered_depth_smd,
        depth_tests.welch_t,
        depth_tests.welch_p,
        pressure.messages_per_person,
        pressure.contact_rate_ratio,
        pressure.contact_rate_ratio_lower,
        pressure.contact_rate_ratio_upper,
        pressure.capped_share,
        pressure.never_contacted_share,
        homogeneity.degrees_of_freedom,
        homogeneity.breslow_day_statistic,
        homogeneity.breslow_day_p,
        trend.previous_date,
        trend.previous_selection_rate,
        trend.previous_impact_ratio,
        trend.previous_verdict,
        coalesce(trend.is_levelled_down, false) as is_levelled_down
    from rates
    left join depths
        on
            rates.promotion_id = depths.promotion_id
            and rates.basis = 'eligible'
            and rates.attribute = depths.attribute
            and rates.group_name = depths.group_name
    left join depth_tests
        on
            rates.promotion_id = depth_tests.promotion_id
            and rates.basis = 'eligible'
            and rates.attribute = depth_tests.attribute
            and rates.group_name = depth_tests.group_name
    left join pressure on {{ same_group('rates', 'pressure') }}
    left join homogeneity on {{ same_group('rates', 'homogeneity') }}
    left join trend on {{ same_group('rates', 'trend') }}

)

select * from final
