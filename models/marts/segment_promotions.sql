-- One row per segment of the active map and promotion of the policy.
-- What is planned for whom, how many may get it, go or stop, and why?
with

cells as (
    select * from {{ ref('int_segment_cells') }}
),

promotions as (
    select * from {{ ref('promotions') }}
),

targets as (
    select * from {{ ref('promotion_targets') }}
),

customer_segments as (
    select * from {{ ref('int_customer_segment') }}
),

candidates as (
    select * from {{ ref('int_promotion_candidates') }}
),

segments as (

    select distinct
        map_name,
        segment
    from cells
    where is_active

),

sizes as (

    select segment, count(*) as customer_count
    from customer_segments
    group by segment

),

-- one promotion may be aimed at several stages of a segment, each with a reason
targeted as (

    select
        segments.segment,
        targets.promotion_id,
        {{ dbt.listagg("targets.reason", "'; '", "order by targets.reason") }}
            as target_reason
    from segments
    inner join targets
        on
            segments.map_name = targets.map_name
            and targets.segment in ('any', segments.segment)
    group by segments.segment, targets.promotion_id

),

eligible as (

    select
        segment,
        promotion_id,
        count(*) as customer_count
    from candidates
    group by segment, promotion_id

),

plan as (

    select
        segments.segment,
        promotions.*,
        coalesce(sizes.customer_count, 0) as segment_customer_count,
        coalesce(eligible.customer_count, 0) as eligible_customer_count,
        targeted.target_reason,
        case
            when targeted.target_reason is null
                then 'the policy does not offer it to this segment'
            when promotions.valid_from > {{ as_of_date() }} then 'not valid yet'
            when promotions.valid_to < {{ as_of_date() }} then 'no longer valid'
            when coalesce(eligible.customer_count, 0) = 0
                then 'nobody has the lifecycle stage and orders that it asks for'
        end as stop_reason
    from segments
    cross join promotions
    left join sizes on segments.segment = sizes.segment
    left join targeted
        on
            segments.segment = targeted.segment
            and promotions.promotion_id = targeted.promotion_id
    left join eligible
        on
            segments.segment = eligible.segment
            and promotions.promotion_id = eligible.promotion_id

),

final as (

    select
        segment,
        promotion_id,
        {{ as_of_date() }} as as_of_date,
        promotion_name,
        offer_type,
        discount_share,
        discount_amount,
        priority,
        cast(segment_customer_count as bigint) as segment_customer_count,
        cast(eligible_customer_count as bigint) as eligible_customer_count,
        case when stop_reason is null then 'go' else 'stop' end as decision,
        coalesce(stop_reason, target_reason) as decision_reason
    from plan

)

select * from final
