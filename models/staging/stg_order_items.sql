-- One row per line of an accepted order.
-- What was in the basket, cleaned and typed.
with

checked as (
    select * from {{ ref('stg_order_items_checked') }}
),

final as (

    select
        order_id,
        line_number,
        product_id,
        quantity,
        unit_price,
        unit_cost,
        discount_amount,
        updated_at,
        loaded_at
    from checked
    where outcome = 'accepted'

)

select * from final
