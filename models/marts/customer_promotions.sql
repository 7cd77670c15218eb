-- One row per customer, promotion and channel over which the policy may send it.
-- Who gets which promotion, when and where; and why not the others?
with

customers as (
    select * from {{ ref('int_customers') }}
),

segments as (
    select * from {{ ref('int_customer_segment') }}
),

promotions as (
    select * from {{ ref('promotions') }}
),

promotion_channels as (
    select * from {{ ref('promotion_channels') }}
),

candidates as (
    select * from {{ ref('int_promotion_candidates') }}
),

decisions as (
    select * from {{ ref('int_promotion_decisions') }}
),

messages as (
    select * from {{ ref('int_promotion_messages') }}
),

recommendations as (
    select * from {{ ref('int_customer_recommendations') }}
),

considered as (

    select
        promotions.promotion_id,
        promotions.content_key,
        promotion_channels.channel,
        promotion_channels.message_key,
        {{ is_sendable('promotions') }} as is_valid
    from promotions
    inner join promotion_channels
        on promotions.promotion_id = promotion_channels.promotion_id

),

-- joined before they meet the log, which is many times as long
decided as (

    select
        decisions.*,
        messages.expected_cost_amount,
        messages.expected_incremental_margin_amount,
        messages.send_from_at,
        messages.send_until_at,
        messages.free_at,
        recommendations.cross_sell_product_id
    from decisions
    left join messages
        on
            decisions.customer_key = messages.customer_key
            and decisions.promotion_id = messages.promotion_id
            and decisions.channel = messages.channel
    left join recommendations
        on decisions.customer_key = recommendations.customer_key

),

final as (

    select
        customers.customer_id,
        considered.promotion_id,
        considered.channel,
        {{ as_of_date() }} as as_of_date,
        segments.segment,
        case
            when not considered.is_valid then 'promotion_not_valid'
            when candidates.customer_key is null then 'not_targeted'
            when candidates.ineligible_reason is not null
                then candidates.ineligible_reason
            when not candidates.is_due then 'no_trigger'
            else decided.reason
        end as reason,
        coalesce(decided.reason = 'selected', false) as is_selected,
        coalesce(decided.would_be_selected, false) as would_be_selected,
        decided.arm,
        decided.assigned_date,
        candidates.trigger_name,
        candidates.due_date as trigger_due_date,
        candidates.evidence as trigger_evidence,
        coalesce(candidates.product_id, decided.cross_sell_product_id) as product_id,
        decided.expected_cost_amount,
        decided.expected_incremental_margin_amount,
        decided.arbitration_rank,
        decided.send_from_at,
        decided.send_until_at,
        decided.free_at as capped_until_at,
        considered.message_key,
        considered.content_key
    from customers
    cross join considered
    inner join segments on customers.customer_key = segments.customer_key
    left join candidates
        on
            customers.customer_key = candidates.customer_key
            and considered.promotion_id = candidates.promotion_id
    left join decided
        on
            customers.customer_key = decided.customer_key
            and considered.promotion_id = decided.promotion_id
            and considered.channel = decided.channel

)

select * from final
