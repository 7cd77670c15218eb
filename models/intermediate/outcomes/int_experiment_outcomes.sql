-- One row per comparison and customer in it whose outcome days count.
-- What came of it, person by person, whether or not they got the promotion?
with

members as (
    select * from {{ ref('int_experiment_members') }}
    where is_counted
),

purchases as (
    select * from {{ ref('int_experiment_purchases') }}
),

reactions as (
    select * from {{ ref('int_experiment_reactions') }}
),

predictions as (
    select * from {{ ref('int_customer_predictions') }}
),

margins as (
    select * from {{ ref('int_purchase_margins') }}
),

-- nobody's margin is known where not everybody's is
known as (

    select count(*) = count(margin_amount) as is_margin_known
    from margins

),

-- who did nothing is there with zeros
final as (

    select
        members.experiment_key,
        members.customer_key,
        members.arm,
        members.is_control,
        members.segment,
        members.is_later_counted,
        known.is_margin_known,
        coalesce(reactions.has_visited, false) as has_visited,
        coalesce(reactions.had_visited, false) as had_visited,
        coalesce(reactions.has_unsubscribed, false) as has_unsubscribed,
        coalesce(reactions.has_complained, false) as has_complained,
        coalesce(reactions.was_contacted, false) as was_contacted,
        coalesce(purchases.order_count, 0) as order_count,
        coalesce(purchases.repeat_order_count, 0) as repeat_order_count,
        coalesce(purchases.redemption_count, 0) as redemption_count,
        coalesce(purchases.net_revenue_amount, 0) as net_revenue_amount,
        coalesce(purchases.margin_amount, 0) as margin_amount,
        cast(
            coalesce(purchases.net_margin_amount, 0)
            - coalesce(reactions.contact_cost_amount, 0) as numeric(18, 4)
        ) as net_margin_amount,
        cast(
            coalesce(purchases.redeemed_discount_amount, 0)
            + coalesce(purchases.redeemed_offer_cost_amount, 0)
            as numeric(18, 2)
        ) as offer_cost_amount,
        coalesce(reactions.own_contact_cost_amount, 0) as contact_cost_amount,
        coalesce(purchases.later_order_count, 0) as later_order_count,
        cast(
            coalesce(purchases.later_net_margin_amount, 0)
            - coalesce(reactions.later_contact_cost_amount, 0) as numeric(18, 4)
        ) as later_net_margin_amount,
        coalesce(predictions.predicted_revenue_365d_amount, 0) as future_value_amount,
        coalesce(purchases.earlier_order_count, 0) as earlier_order_count,
        coalesce(purchases.earlier_repeat_order_count, 0)
            as earlier_repeat_order_count,
        coalesce(purchases.earlier_net_revenue_amount, 0)
            as earlier_net_revenue_amount,
        coalesce(purchases.earlier_margin_amount, 0) as earlier_margin_amount
    from members
    cross join known
    left join purchases
        on
            members.experiment_key = purchases.experiment_key
            and members.customer_key = purchases.customer_key
    left join reactions
        on
            members.experiment_key = reactions.experiment_key
            and members.customer_key = reactions.customer_key
    left join predictions on members.customer_key = predictions.customer_key

)

select * from final
