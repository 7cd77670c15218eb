-- One row per customer, promotion that is due for them, and channel.
-- Is it selected once promotions that are unfair or lose money are stopped?
with

selection as (
    select * from {{ ref('int_promotion_selection') }}
),

verdicts as (
    select * from {{ ref('int_promotion_verdicts') }}
),

stops as (
    select * from {{ ref('int_promotion_stops') }}
),

-- one verdict a promotion, for all alike; what it frees of a budget is not dealt again
final as (

    select
        selection.customer_key,
        selection.promotion_id,
        selection.channel,
        selection.arm,
        selection.assigned_date,
        selection.arbitration_rank,
        case
            when selection.reason = 'selected' and verdicts.is_stopped
                then 'fairness_stop'
            when selection.reason = 'selected' and stops.is_stopped then 'loss_stop'
            else selection.reason
        end as reason,
        selection.would_be_selected
        and not verdicts.is_stopped and not stops.is_stopped as would_be_selected
    from selection
    inner join verdicts on selection.promotion_id = verdicts.promotion_id
    inner join stops on selection.promotion_id = stops.promotion_id

)

select * from final
