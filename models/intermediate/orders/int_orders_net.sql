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
        {{ exact_product(
            'orders.gross_amount', 'orders.exchange_rate', 'numeric(18, 2)'
        ) }} as gross,
        coalesce({{ exact_product(
            'orders.discount_amount', 'orders.exchange_rate', 'numeric(18, 2)'
        ) }}, 0) as discount,
        orders.status = 'completed'
        {% if var('count_cancelled_orders') %}or orders.status = 'cancelled'{% endif %}
        {% if var('count_test_orders') %}or orders.status = 'test'{% endif %} as counts
    from orders

),

purchases as (

    select
        converted.*,
        coalesce(refunds.refund_amount, 0) as refund,
        (
            converted.counts
            and converted.gross - converted.discount
            >= {{ var('minimum_order_amount') }}
        ) as is_purchase
    from converted
    left join refunds
        on converted.order_id = refunds.order_id

),

-- an order that is no purchase, or was cancelled, earned nothing and cost no goods
earned as (

    select
        purchases.*,
        is_purchase and status != 'cancelled' as is_paid
    from purchases

),

amounts as (

    select
        earned.*,
        case
            when earned.is_paid then earned.gross - earned.discount - earned.refund
            else 0
        end as net_revenue,
        case when earned.is_paid then order_costs.cost_amount else 0 end as cost
    from earned
    left join order_costs
        on earned.order_id = order_costs.order_id

),

final as (

    select
        amounts.order_id,
        customers.customer_key,
        amounts.ordered_at,
        amounts.order_date,
        amounts.status,
        amounts.is_purchase,
        amounts.channel,
        amounts.promotion_id,
        amounts.gross as gross_amount,
        amounts.discount as discount_amount,
        cast(amounts.refund as numeric(18, 2)) as refund_amount,
        cast(amounts.net_revenue as numeric(18, 2)) as net_revenue_amount,
        cast(amounts.cost as numeric(18, 2)) as cost_amount,
        cast(amounts.net_revenue - amounts.cost as numeric(18, 2)) as margin_amount
    from amounts
    inner join customers
        on amounts.customer_id = customers.customer_id

)

select * from final
