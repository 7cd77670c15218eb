-- One row per accepted order.
-- The accepted rows, cleaned and typed.
with

checked as (
    select * from {{ ref('stg_orders_checked') }}
),

final as (

    select
        order_id,
        customer_id,
        ordered_at,
        order_date,
        status,
        channel,
        promotion_id,
        currency,
        exchange_rate,
        gross_amount,
        discount_amount,
        shipping_amount,
        tax_amount,
        updated_at,
        loaded_at
    from checked
    where outcome = 'accepted'

)

select * from final
