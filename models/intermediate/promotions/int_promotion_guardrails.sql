-- One row per customer in an arm of a promotion, promotion and permitted channel.
-- Which guardrail, if any, keeps this message back?
with

messages as (
    select * from {{ ref('int_promotion_messages') }}
),

promotions as (
    select * from {{ ref('promotions') }}
),

promotion_values as (
    select * from {{ ref('int_promotion_values') }}
),

restraints as (
    select * from {{ ref('int_customer_restraints') }}
),

budgets as (
    select * from {{ ref('int_promotion_budgets') }}
),

-- the order is that of seed decision_reasons
final as (

    select
        messages.customer_key,
        messages.promotion_id,
        messages.channel,
        messages.option_rank,
        promotions.when_capped = 'next_channel' as can_change_channel,
        case
            when
                {{ dbt.datediff('restraints.last_order_date', send_date(), 'day') }}
                <= promotions.quiet_days
                then 'quiet_after_purchase'
            when
                {{ dbt.datediff('restraints.last_complaint_date', send_date(), 'day') }}
                <= {{ var('quiet_after_complaint_days') }}
                then 'quiet_after_complaint'
            when
                messages.is_sent_since_due
                or messages.days_since_sent < promotions.repeat_days
                then 'recently_sent'
            when
                promotion_values.is_incentive
                and coalesce(
                    restraints.first_open_promotion_id != messages.promotion_id
                    or restraints.last_open_promotion_id != messages.promotion_id,
                    false
                )
                then 'other_offer_open'
            when messages.cap_reason is not null then messages.cap_reason
            when
                messages.expected_incremental_margin_amount is null
                and (
                    promotions.minimum_margin_share is not null
                    or promotions.minimum_incremental_amount is not null
                )
                then 'margin_unknown'
            when
                promotion_values.margin_share_after_offer
                < promotions.minimum_margin_share
                then 'below_margin_floor'
            when
                messages.expected_incremental_margin_amount
                < promotions.minimum_incremental_amount
                then 'too_little_gain'
            when
                promotion_values.is_discount
                and coalesce(
                    promotion_values.discount_depth > restraints.maximum_discount_share,
                    true
                )
                then 'discount_too_deep'
            when
                promotion_values.offer_discount_amount > 0
                and restraints.discount_amount_365d
                + promotion_values.offer_discount_amount
                > restraints.maximum_discount_amount_365d
                then 'discount_limit_reached'
            when messages.expected_cost_amount > budgets.remaining_amount
                then 'budget_used_up'
        end as guard_reason
    from messages
    inner join promotions on messages.promotion_id = promotions.promotion_id
    inner join promotion_values
        on
            messages.customer_key = promotion_values.customer_key
            and messages.promotion_id = promotion_values.promotion_id
    inner join restraints on messages.customer_key = restraints.customer_key
    left join budgets on promotions.budget_id = budgets.budget_id

)

select * from final
