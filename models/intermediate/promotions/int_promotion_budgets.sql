-- One row per budget of the policy.
-- How much of it has been spent on messages and offers, and how much is left?
with

budgets as (
    select * from {{ ref('budgets') }}
),

promotions as (
    select * from {{ ref('promotions') }}
    where budget_id is not null
),

touches as (
    select * from {{ ref('int_promotion_touches') }}
),

orders as (
    select * from {{ ref('int_orders_net') }}
    where is_purchase and promotion_id is not null
),

channels as (
    select * from {{ ref('channels') }}
),

-- a message costs what the tool says, else what the policy expects
spent as (

    select
        promotions.budget_id,
        touches.sent_date as spent_date,
        coalesce(touches.cost_amount, channels.contact_cost_amount, 0) as spent_amount
    from touches
    inner join promotions on touches.promotion_id = promotions.promotion_id
    left join channels on touches.channel = channels.channel

    union all

    select
        promotions.budget_id,
        orders.order_date as spent_date,
        orders.discount_amount + coalesce(promotions.offer_cost_amount, 0)
            as spent_amount
    from orders
    inner join promotions on orders.promotion_id = promotions.promotion_id

),

used as (

    select
        budgets.budget_id,
        sum(spent.spent_amount) as used_amount
    from budgets
    inner join spent
        on
            budgets.budget_id = spent.budget_id
            and {{ dbt.datediff('spent.spent_date', as_of_date(), 'day') }}
            < budgets.period_days
    group by budgets.budget_id

),

final as (

    select
        budgets.budget_id,
        budgets.budget_amount,
        cast(coalesce(used.used_amount, 0) as numeric(18, 2)) as used_amount,
        cast(
            greatest(0, budgets.budget_amount - coalesce(used.used_amount, 0))
            as numeric(18, 2)
        ) as remaining_amount
    from budgets
    left join used on budgets.budget_id = used.budget_id

)

select * from final
