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

selection as (
    select * from {{ ref('int_promotion_selection') }}
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
            else selection.reason
        end as reason,
        coalesce(selection.reason = 'selected', false) as is_selected,
        coalesce(selection.would_be_selected, false) as would_be_selected,
        selection.arm,
        selection.assigned_date,
        candidates.trigger_name,
        candidates.due_date as trigger_due_date,
        candidates.evidence as trigger_evidence,
        coalesce(candidates.product_id, recommendations.cross_sell_product_id)
            as product_id,
        messages.expected_cost_amount,
        messages.expected_incremental_margin_amount,
        selection.arbitration_rank,
        messages.send_from_at,
        messages.send_until_at,
        messages.free_at as capped_until_at,
        considered.message_key,
        considered.content_key
    from customers
    cross join considered
    inner join segments on customers.customer_key = segments.customer_key
    left join candidates
        on
            customers.customer_key = candidates.customer_key
            and considered.promotion_id = candidates.promotion_id
    left join selection
        on
            customers.customer_key = selection.customer_key
            and considered.promotion_id = selection.promotion_id
            and considered.channel = selection.channel
    left join messages
        on
            customers.customer_key = messages.customer_key
            and considered.promotion_id = messages.promotion_id
            and considered.channel = messages.channel
    left join recommendations
        on
            selection.customer_key = recommendations.customer_key

)

select * from final
