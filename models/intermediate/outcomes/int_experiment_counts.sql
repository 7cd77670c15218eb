-- One row per comparison, segment (or all) and arm in which somebody is.
-- How many people are in each arm, and what did the promotion itself cost there?
with

members as (
    select * from {{ ref('int_experiment_members') }}
),

outcomes as (
    select * from {{ ref('int_experiment_outcomes') }}
),

assigned as (

    select
        experiment_key,
        segment,
        arm,
        is_control,
        count(*) as assigned_count,
        count(case when is_complete then 1 end) as complete_count,
        sum(holdout_share) as held_out_count
    from members
    group by experiment_key, segment, arm, is_control

),

happened as (

    select
        experiment_key,
        segment,
        arm,
        count(*) as customer_count,
        count(case when was_contacted then 1 end) as contacted_count,
        count(case when order_count > 0 then 1 end) as buyer_count,
        count(case when redemption_count > 0 then 1 end) as redeemer_count,
        sum(redemption_count) as redemption_count,
        sum(offer_cost_amount) as offer_cost_amount,
        sum(contact_cost_amount) as contact_cost_amount
    from outcomes
    group by experiment_key, segment, arm

),

by_segment as (

    select
        assigned.*,
        coalesce(happened.customer_count, 0) as customer_count,
        coalesce(happened.contacted_count, 0) as contacted_count,
        coalesce(happened.buyer_count, 0) as buyer_count,
        coalesce(happened.redeemer_count, 0) as redeemer_count,
        coalesce(happened.redemption_count, 0) as redemption_count,
        coalesce(happened.offer_cost_amount, 0) as offer_cost_amount,
        coalesce(happened.contact_cost_amount, 0) as contact_cost_amount
    from assigned
    left join happened
        on
            assigned.experiment_key = happened.experiment_key
            and assigned.segment = happened.segment
            and assigned.arm = happened.arm

),

rolled as (

    select * from by_segment

    union all

    select
        experiment_key,
        'all' as segment,
        arm,
        is_control,
        sum(assigned_count) as assigned_count,
        sum(complete_count) as complete_count,
        sum(held_out_count) as held_out_count,
        sum(customer_count) as customer_count,
        sum(contacted_count) as contacted_count,
        sum(buyer_count) as buyer_count,
        sum(redeemer_count) as redeemer_count,
        sum(redemption_count) as redemption_count,
        sum(offer_cost_amount) as offer_cost_amount,
        sum(contact_cost_amount) as contact_cost_amount
    from by_segment
    group by experiment_key, arm, is_control

),

final as (

    select
        experiment_key,
        segment,
        arm,
        is_control,
        cast(assigned_count as bigint) as assigned_count,
        cast(complete_count as bigint) as complete_count,
        cast(held_out_count as numeric(18, 4)) as held_out_count,
        cast(customer_count as bigint) as customer_count,
        cast(contacted_count as bigint) as contacted_count,
        cast(buyer_count as bigint) as buyer_count,
        cast(redeemer_count as bigint) as redeemer_count,
        cast(redemption_count as bigint) as redemption_count,
        cast(offer_cost_amount as numeric(18, 2)) as offer_cost_amount,
        cast(contact_cost_amount as numeric(18, 4)) as contact_cost_amount
    from rolled

)

select * from final
