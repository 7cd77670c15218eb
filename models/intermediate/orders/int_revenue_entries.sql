-- One row per sale or refund of a purchase, on its own date.
-- What came in and went out in a period?
with

-- a cancelled order may count as activity, but its money never came
orders as (
    select * from {{ ref('int_orders_net') }}
    where is_purchase and status != 'cancelled'
),

refunds as (
    select * from {{ ref('int_order_refunds') }}
),

entries as (

    select
        'sale' as entry_type,
        order_id as entry_key,
        order_id,
        customer_key,
        order_date as entry_date,
        gross_amount - discount_amount as net_amount,
        gross_amount - discount_amount - cost_amount as margin_amount
    from orders

    union all

    select
        'refund' as entry_type,
        refunds.refund_id as entry_key,
        orders.order_id,
        orders.customer_key,
        refunds.refund_date as entry_date,
        -refunds.refund_amount as net_amount,
        case
            when orders.cost_amount is not null then -refunds.refund_amount
        end as margin_amount
    from refunds
    inner join orders
        on refunds.order_id = orders.order_id

),

final as (

    select
        entry_type || ':' || entry_key as entry_id,
        entry_type,
        order_id,
        customer_key,
        entry_date,
        cast(net_amount as numeric(18, 2)) as net_amount,
        cast(margin_amount as numeric(18, 2)) as margin_amount
    from entries

)

select * from final
