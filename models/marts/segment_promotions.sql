-- One row per segment of the active map and promotion of the policy.
-- What is planned for whom, who gets it, at what cost and gain, go or stop, and why?
with

plan as (
    select * from {{ ref('int_segment_plan') }}
),

promotions as (
    select * from {{ ref('promotions') }}
),

outcomes as (
    select * from {{ ref('promotion_outcomes') }}
    where channel = 'all'
),

decisions as (
    select * from {{ ref('customer_promotions') }}
    where is_selected
),

counted as (

    select
        segment,
        promotion_id,
        sum(customer_count) as considered,
        sum(case when stage != 'policy' then customer_count end) as eligible,
        sum(case when stage not in ('policy', 'trigger') then customer_count end)
            as due,
        sum(case when stage = 'permission' then customer_count end) as forbidden,
        sum(case when stage = 'holdout' then customer_count end) as held_out,
        sum(case when stage = 'guardrail' then customer_count end) as guarded,
        sum(case when stage = 'arbitration' then customer_count end) as outranked,
        sum(case when stage = 'budget' then customer_count end) as over_budget,
        sum(case when stage = 'fairness' then customer_count end) as stopped,
        sum(case when stage = 'loss' then customer_count end) as losing,
        sum(case when stage = 'selected' then customer_count end) as selected,
        {{ dbt.listagg(
            "case when stage not in ('policy', 'selected') then reason || ' '"
            ~ " || cast(customer_count as " ~ dbt.type_string() ~ ") end",
            "', '", "order by customer_count desc, reason"
        ) }} as reasons
    from outcomes
    group by segment, promotion_id

),

valued as (

    select
        segment,
        promotion_id,
        sum(expected_cost_amount) as cost,
        sum(expected_incremental_margin_amount) as margin
    from decisions
    group by segment, promotion_id

),

final as (

    select
        plan.segment,
        plan.promotion_id,
        {{ as_of_date() }} as as_of_date,
        promotions.promotion_name,
        promotions.offer_type,
        promotions.discount_share,
        promotions.discount_amount,
        promotions.priority,
        plan.segment_customer_count,
        cast(coalesce(counted.considered, 0) as bigint) as considered_customer_count,
        cast(coalesce(counted.eligible, 0) as bigint) as eligible_customer_count,
        cast(coalesce(counted.due, 0) as bigint) as due_customer_count,
        cast(coalesce(counted.forbidden, 0) as bigint) as not_permitted_customer_count,
        cast(coalesce(counted.held_out, 0) as bigint) as held_out_customer_count,
        cast(coalesce(counted.guarded, 0) as bigint) as guarded_customer_count,
        cast(coalesce(counted.outranked, 0) as bigint) as outranked_customer_count,
        cast(coalesce(counted.over_budget, 0) as bigint) as over_budget_customer_count,
        cast(coalesce(counted.stopped, 0) as bigint) as fairness_stopped_customer_count,
        cast(coalesce(counted.losing, 0) as bigint) as loss_stopped_customer_count,
        cast(coalesce(counted.selected, 0) as bigint) as selected_customer_count,
        counted.reasons as suppressed_by_reason,
        {{ rounded('coalesce(valued.cost, 0)', 18, 2) }} as expected_cost_amount,
        {{ rounded('valued.margin', 18, 2) }} as expected_incremental_margin_amount,
        promotions.budget_id,
        plan.budget_amount,
        plan.budget_used_amount,
        plan.budget_remaining_amount,
        plan.fairness_verdict,
        plan.profit_verdict,
        plan.measured_net_amount,
        plan.measured_net_lower_amount,
        plan.measured_net_upper_amount,
        case
            when plan.stop_reason is null and counted.eligible > 0 then 'go'
            else 'stop'
        end as decision,
        case
            when plan.stop_reason is not null then plan.stop_reason
            when coalesce(counted.eligible, 0) = 0
                then 'nobody meets what the policy asks for'
            else plan.target_reason
        end as decision_reason
    from plan
    inner join promotions on plan.promotion_id = promotions.promotion_id
    left join counted
        on
            plan.segment = counted.segment
            and plan.promotion_id = counted.promotion_id
    left join valued
        on
            plan.segment = valued.segment
            and plan.promotion_id = valued.promotion_id

)

select * from final
