-- One row per accepted order.
-- What did the shop earn with it? The only definition of net revenue.
with

orders as (
    select * from {{ ref('stg_orders') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

order_costs as (
    select * from {{ ref('int_order_costs') }}
),

-- added up before the join: an order with two refunds is still one order
refunds as (

    select
        order_id,
        sum(refund_amount) as refund_amount
    from {{ ref('int_order_refunds') }}
    group by 1

),

converted as (

    select
        orders.*,
        cast(
            {{ exact_product('orders.gross_amount', 'orders.exchange_rate') }} as numeric(18, 2)
        ) as gross,
        cast(
            {{ exact_product('coalesce(orders.discount_amount, 0)', 'orders.exchange_rate') }}
            as numeric(18, 2)
        ) as discount,
        orders.status = 'completed'
        {% if var('count_cancelled_orders') %}or orders.status = 'cancelled'{% endif %}
        {% if var('count_test_orders') %}or orders.status = 'test'{% endif %} as counts
    from orders

),

purchases as (

    select
        converted.*,
        coalesce(refunds.refund_amount, 0) as refund,
        counts and gross - discount >= {{ var('minimum_order_amount') }} as is_purchase
    from converted
    left join refunds
        on converted.order_id = refunds.order_id

),

earned as (

    select
        purchases.*,
        case
            when is_purchase and status != 'cancelled' then gross - discount - refund
            else 0
        end as net_revenue
    from purchases

),

final as (

    select
        earned.order_id,
        customers.customer_key,
        earned.ordered_at,
        earned.order_date,
        earned.status,
        earned.is_purchase,
        earned.channel,
        earned.promotion_id,
        earned.gross as gross_amount,
        earned.discount as discount_amount,
        cast(earned.refund as numeric(18, 2)) as refund_amount,
        cast(earned.net_revenue as numeric(18, 2)) as net_revenue_amount,
        order_costs.cost_amount,
        cast(earned.net_revenue - order_costs.cost_amount as numeric(18, 2)) as margin_amount
    from earned
    inner join customers
        on earned.customer_id = customers.customer_id
    left join order_costs
        on earned.order_id = order_costs.order_id

)

select * from final
