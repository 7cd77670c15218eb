-- One row per segment of the active map and promotion of the policy.
-- Whom is the promotion for in this segment, and what speaks against it for all?
with

cells as (
    select * from {{ ref('int_segment_cells') }}
),

promotions as (
    select * from {{ ref('promotions') }}
),

targeted as (
    select * from {{ ref('int_segment_targets') }}
),

customer_segments as (
    select * from {{ ref('int_customer_segment') }}
),

verdicts as (
    select * from {{ ref('int_promotion_verdicts') }}
),

stops as (
    select * from {{ ref('int_promotion_stops') }}
),

measured as (
    select * from {{ ref('int_promotion_measured') }}
),

budgets as (
    select * from {{ ref('int_promotion_budgets') }}
),

segments as (

    select distinct
        map_name,
        segment
    from cells
    where is_active

),

sizes as (

    select
        segment,
        count(*) as customer_count
    from customer_segments
    group by segment

),

final as (

    select
        segments.segment,
        promotions.promotion_id,
        cast(coalesce(sizes.customer_count, 0) as bigint) as segment_customer_count,
        targeted.target_reason,
        case
            when targeted.target_reason is null
                then 'the policy does not offer it to this segment'
            when promotions.valid_from > {{ send_date() }} then 'not valid yet'
            when promotions.valid_to < {{ send_date() }} then 'no longer valid'
            when verdicts.is_stopped then verdicts.stop_reason
            when stops.is_stopped then stops.stop_reason
        end as stop_reason,
        verdicts.fairness_verdict,
        measured.verdict as profit_verdict,
        measured.net_amount as measured_net_amount,
        measured.net_lower_amount as measured_net_lower_amount,
        measured.net_upper_amount as measured_net_upper_amount,
        budgets.budget_amount,
        budgets.used_amount as budget_used_amount,
        budgets.remaining_amount as budget_remaining_amount
    from segments
    cross join promotions
    inner join verdicts on promotions.promotion_id = verdicts.promotion_id
    inner join stops on promotions.promotion_id = stops.promotion_id
    left join budgets on promotions.budget_id = budgets.budget_id
    left join measured
        on
            segments.segment = measured.segment
            and promotions.promotion_id = measured.promotion_id
    left join sizes on segments.segment = sizes.segment
    left join targeted
        on
            segments.segment = targeted.segment
            and promotions.promotion_id = targeted.promotion_id

)

select * from final
