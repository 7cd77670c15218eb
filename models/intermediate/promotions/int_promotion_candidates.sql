-- One row per customer and promotion that is valid and aimed at them.
-- Is the customer eligible, and if not, why? What makes the promotion due?
with

segments as (
    select * from {{ ref('int_customer_segment') }}
),

lifecycle as (
    select * from {{ ref('int_customer_lifecycle') }}
),

customer_values as (
    select * from {{ ref('int_customer_value') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

targets as (
    select * from {{ ref('int_promotion_targets') }}
),

refusals as (
    select * from {{ ref('int_promotion_refusals') }}
),

triggered as (
    select * from {{ ref('int_promotion_triggered') }}
),

promotion_triggers as (
    select * from {{ ref('promotion_triggers') }}
),

promotions as (
    select * from {{ ref('promotions') }}
),

valid_promotions as (

    select
        promotion_id,
        coalesce(minimum_order_count, 0) as minimum_order_count
    from promotions
    where {{ is_sendable('promotions') }}

),

waiting as (

    select distinct promotion_id
    from promotion_triggers

),

final as (

    select
        segments.customer_key,
        targets.promotion_id,
        case
            when
                coalesce(purchases.order_count, 0)
                < valid_promotions.minimum_order_count
                then 'too_few_orders'
            else refusals.ineligible_reason
        end as ineligible_reason,
        (
            waiting.promotion_id is null or triggered.trigger_name is not null
        ) as is_due,
        triggered.trigger_name,
        triggered.due_date,
        triggered.last_due_date,
        triggered.product_id,
        triggered.evidence
    from segments
    inner join lifecycle on segments.customer_key = lifecycle.customer_key
    inner join customer_values
        on segments.customer_key = customer_values.customer_key
    inner join targets
        on
            segments.segment = targets.segment
            and lifecycle.lifecycle_stage = targets.lifecycle_stage
            and customer_values.value_tier = targets.value_tier
    inner join valid_promotions
        on targets.promotion_id = valid_promotions.promotion_id
    left join waiting on targets.promotion_id = waiting.promotion_id
    left join purchases on segments.customer_key = purchases.customer_key
    left join refusals
        on
            segments.customer_key = refusals.customer_key
            and targets.promotion_id = refusals.promotion_id
    left join triggered
        on
            segments.customer_key = triggered.customer_key
            and targets.promotion_id = triggered.promotion_id

)

select * from final
