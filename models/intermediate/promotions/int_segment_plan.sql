-- One row per segment of the active map and promotion of the policy.
-- Whom is the promotion for in this segment, and what speaks against it for all?
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

verdicts as (
    select * from {{ ref('int_promotion_verdicts') }}
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

reasons as (

    select distinct
        segments.segment,
        targets.promotion_id,
        targets.reason
    from segments
    inner join targets
        on
            segments.map_name = targets.map_name
            and targets.segment in ('any', segments.segment)

),

-- one promotion may be aimed at several stages of a segment, each with a reason
targeted as (

    select
        segment,
        promotion_id,
        {{ dbt.listagg("reason", "'; '", "order by reason") }} as target_reason
    from reasons
    group by segment, promotion_id

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
        end as stop_reason,
        verdicts.fairness_verdict
    from segments
    cross join promotions
    inner join verdicts on promotions.promotion_id = verdicts.promotion_id
    left join sizes on segments.segment = sizes.segment
    left join targeted
        on
            segments.segment = targeted.segment
            and promotions.promotion_id = targeted.promotion_id

)

select * from final
