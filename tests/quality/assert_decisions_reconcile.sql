{#- For every segment, promotion and channel: considered = selected + the sum over
    reasons, and the plan says the same. Each decision has one reason of the policy. -#}
with

decisions as (
    select * from {{ ref('customer_promotions') }}
),

outcomes as (
    select * from {{ ref('promotion_outcomes') }}
),

plan as (
    select * from {{ ref('segment_promotions') }}
),

reasons as (
    select * from {{ ref('decision_reasons') }}
),

sizes as (

    select
        segment,
        count(*) as customer_count
    from {{ ref('int_customer_segment') }}
    group by segment

),

places as (

    select
        promotion_id,
        channel
    from {{ ref('promotion_channels') }}

    union all

    select
        promotion_id,
        'all' as channel
    from {{ ref('promotions') }}

),

expected as (

    select
        sizes.segment,
        places.promotion_id,
        places.channel,
        sizes.customer_count
    from sizes
    cross join places

),

counted as (

    select
        segment,
        promotion_id,
        channel,
        sum(customer_count) as customer_count
    from outcomes
    group by segment, promotion_id, channel

),

failures as (

    select
        expected.segment,
        expected.promotion_id,
        expected.channel,
        'the reasons do not add up to the segment' as what
    from expected
    left join counted
        on
            expected.segment = counted.segment
            and expected.promotion_id = counted.promotion_id
            and expected.channel = counted.channel
    where expected.customer_count != coalesce(counted.customer_count, 0)

    union all

    select
        decisions.segment,
        decisions.promotion_id,
        decisions.channel,
        'a decision has no reason of the policy, or is selected for another' as what
    from decisions
    left join reasons on decisions.reason = reasons.reason
    where
        reasons.reason is null
        or decisions.is_selected != (decisions.reason = 'selected')

    union all

    select
        segment,
        promotion_id,
        'all' as channel,
        'the plan does not add up' as what
    from plan
    where
        considered_customer_count != segment_customer_count
        or eligible_customer_count > considered_customer_count
        or due_customer_count > eligible_customer_count
        or due_customer_count != not_permitted_customer_count + held_out_customer_count
        + guarded_customer_count + outranked_customer_count + over_budget_customer_count
        + fairness_stopped_customer_count + loss_stopped_customer_count
        + selected_customer_count
        or decision = 'go' and eligible_customer_count = 0
        or decision = 'stop' and selected_customer_count > 0

)

select * from failures
