-- One row per comparison and customer in it who bought in the days that it looks at.
-- What did they buy before, in and after the outcome days?
with

members as (
    select * from {{ ref('int_experiment_members') }}
),

orders as (
    select * from {{ ref('int_purchase_margins') }}
),

placed as (

    select
        members.experiment_key,
        members.customer_key,
        orders.net_revenue_amount,
        orders.margin_amount,
        orders.margin_amount - orders.offer_cost_amount
        - orders.acquisition_cost_amount as net_margin_amount,
        orders.discount_amount,
        orders.offer_cost_amount,
        orders.is_repeat,
        orders.ordered_at < members.starts_at as is_earlier,
        orders.ordered_at >= members.starts_at
        and orders.ordered_at < members.outcome_ends_at as is_outcome,
        orders.ordered_at >= members.outcome_ends_at as is_later,
        coalesce(orders.promotion_id = members.promotion_id, false) as is_redemption
    from members
    inner join orders
        on
            members.customer_key = orders.customer_key
            and members.earlier_from_at <= orders.ordered_at
            and members.later_ends_at > orders.ordered_at

),

final as (

    select
        experiment_key,
        customer_key,
        cast(count(case when is_outcome then 1 end) as int) as order_count,
        cast(count(case when is_outcome and is_repeat then 1 end) as int)
            as repeat_order_count,
        cast(count(case when is_outcome and is_redemption then 1 end) as int)
            as redemption_count,
        cast(sum(case when is_outcome then net_revenue_amount end) as numeric(18, 2))
            as net_revenue_amount,
        cast(sum(case when is_outcome then margin_amount end) as numeric(18, 2))
            as margin_amount,
        cast(sum(case when is_outcome then net_margin_amount end) as numeric(18, 2))
            as net_margin_amount,
        cast(
            sum(case when is_outcome and is_redemption then discount_amount end)
            as numeric(18, 2)
        ) as redeemed_discount_amount,
        cast(
            sum(case when is_outcome and is_redemption then offer_cost_amount end)
            as numeric(18, 2)
        ) as redeemed_offer_cost_amount,
        cast(count(case when is_later then 1 end) as int) as later_order_count,
        cast(sum(case when is_later then net_margin_amount end) as numeric(18, 2))
            as later_net_margin_amount,
        cast(count(case when is_earlier then 1 end) as int) as earlier_order_count,
        cast(count(case when is_earlier and is_repeat then 1 end) as int)
            as earlier_repeat_order_count,
        cast(sum(case when is_earlier then net_revenue_amount end) as numeric(18, 2))
            as earlier_net_revenue_amount,
        cast(sum(case when is_earlier then margin_amount end) as numeric(18, 2))
            as earlier_margin_amount
    from placed
    group by experiment_key, customer_key

)

select * from final
