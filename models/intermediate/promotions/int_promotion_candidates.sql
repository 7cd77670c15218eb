-- One row per customer and promotion that the policy pairs.
-- To whom may each promotion be offered, and why?
with

segments as (
    select * from {{ ref('int_customer_segment') }}
),

lifecycle as (
    select * from {{ ref('int_customer_lifecycle') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

targets as (
    select * from {{ ref('int_promotion_targets') }}
),

promotions as (
    select * from {{ ref('promotions') }}
),

-- an empty day is no limit
valid_promotions as (

    select
        promotion_id,
        minimum_order_count
    from promotions
    where
        (valid_from is null or valid_from <= {{ as_of_date() }})
        and (valid_to is null or valid_to >= {{ as_of_date() }})

),

final as (

    select
        segments.customer_key,
        targets.promotion_id,
        segments.segment,
        lifecycle.lifecycle_stage,
        targets.target_reason
    from segments
    inner join lifecycle on segments.customer_key = lifecycle.customer_key
    inner join targets
        on
            segments.segment = targets.segment
            and lifecycle.lifecycle_stage = targets.lifecycle_stage
    inner join valid_promotions
        on targets.promotion_id = valid_promotions.promotion_id
    left join purchases on segments.customer_key = purchases.customer_key
    where
        coalesce(purchases.order_count, 0)
        >= coalesce(valid_promotions.minimum_order_count, 0)

)

select * from final
