-- One row per order that is accepted or still to come.
-- What may its lines and refunds lean on?
with

orders as (
    select * from {{ ref('stg_orders_checked') }}
),

accepted as (

    select
        order_id,
        outcome,
        exchange_rate,
        gross_amount
        - coalesce(discount_amount, 0)
        + coalesce(shipping_amount, 0)
        + coalesce(tax_amount, 0) as paid_amount
    from orders
    where outcome = 'accepted'

),

unseen as (

    select distinct
        orders.order_id,
        orders.outcome
    from orders
    left join accepted
        on orders.order_id = accepted.order_id
    where
        orders.outcome = 'after_as_of'
        and orders.order_id is not null
        and accepted.order_id is null

),

final as (

    select
        order_id,
        outcome,
        exchange_rate,
        cast(paid_amount as numeric(18, 4)) as paid_amount
    from accepted

    union all

    select
        order_id,
        outcome,
        cast(null as numeric(18, 8)) as exchange_rate,
        cast(null as numeric(18, 4)) as paid_amount
    from unseen

)

select * from final
