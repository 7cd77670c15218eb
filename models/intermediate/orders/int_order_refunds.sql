-- One row per accepted refund.
-- What was paid back, when, in the reporting currency?
with

refunds as (
    select * from {{ ref('stg_refunds') }}
),

orders as (
    select * from {{ ref('stg_orders') }}
),

final as (

    select
        refunds.refund_id,
        refunds.order_id,
        {{ business_date('refunds.refunded_at') }} as refund_date,
        {{ exact_product(
            'refunds.amount', 'orders.exchange_rate', 'numeric(18, 2)'
        ) }} as refund_amount
    from refunds
    inner join orders
        on refunds.order_id = orders.order_id

)

select * from final
