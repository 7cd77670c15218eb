-- One row per promotion (or all), comparison, attribute and group.
-- Does every group get the promotion as often, as deep and as frequently as the others?
with

cells as (
    select * from {{ ref('int_fairness_visibility') }}
),

verdicts as (
    select * from {{ ref('int_fairness_verdicts') }}
),

ratios as (
    select * from {{ ref('int_fairness_ratios') }}
),

conditions as (
    select * from {{ ref('int_fairness_conditions') }}
),

details as (
    select * from {{ ref('int_fairness_details') }}
),

final as (

    select
        cells.promotion_id,
        cells.basis,
        cells.attribute,
        cells.group_name,
        {{ as_of_date() }} as as_of_date,
        verdicts.verdict,
        verdicts.is_gate,
        verdicts.is_simpson,
        verdicts.is_explained,
        cells.is_suppressed,
        ratios.reference_group_name,
        ratios.eligible_count,
        ratios.selected_count,
        ratios.minimum_count,
        ratios.minimum_impact_ratio,
        ratios.selection_rate,
        ratios.overall_selection_rate,
        ratios.selection_rate_lower,
        ratios.selection_rate_upper,
        ratios.impact_ratio,
        ratios.impact_ratio_lower,
        ratios.impact_ratio_upper,
        ratios.rate_difference,
        ratios.rate_difference_lower,
        ratios.rate_difference_upper,
        ratios.impact_ratio_to_overall,
        ratios.shortfall_count,
        case when not cells.is_suppressed then verdicts.p_value end as p_value,
        case when not cells.is_suppressed then verdicts.adjusted_p end as adjusted_p,
        conditions.standardised_rate,
        conditions.standardised_reference_rate,
        conditions.conditional_ratio,
        conditions.conditional_ratio_lower,
        conditions.conditional_ratio_upper,
        conditions.conditional_odds_ratio,
        conditions.cmh_statistic,
        conditions.conditional_disparity,
        details.discounted_count,
        details.mean_depth,
        details.mean_offered_depth,
        details.median_offered_depth,
        details.offered_depth_p90,
        details.depth_smd,
        details.offered_depth_smd,
        details.welch_t,
        details.welch_p,
        details.messages_per_person,
        details.contact_rate_ratio,
        details.contact_rate_ratio_lower,
        details.contact_rate_ratio_upper,
        details.capped_share,
        details.never_contacted_share,
        details.degrees_of_freedom,
        details.breslow_day_statistic,
        details.breslow_day_p,
        details.previous_date,
        details.previous_selection_rate,
        details.previous_impact_ratio,
        details.previous_verdict,
        details.is_levelled_down
    from cells
    inner join verdicts on {{ same_group('cells', 'verdicts') }}
    left join ratios
        on
            {{ same_group('cells', 'ratios') }}
            and not cells.is_suppressed
    left join conditions
        on
            {{ same_group('cells', 'conditions') }}
            and not cells.is_suppressed
    left join details
        on
            {{ same_group('cells', 'details') }}
            and not cells.is_suppressed

)

select * from final
