-- One row per product.
-- The accepted rows, cleaned and typed.
with

checked as (
    select * from {{ ref('stg_products_checked') }}
),

final as (

    select
        product_id,
        name,
        category,
        unit_cost,
        is_consumable,
        stock_quantity,
        updated_at,
        loaded_at
    from checked
    where outcome = 'accepted'

)

select * from final
