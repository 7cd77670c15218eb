-- One row per customer and attribute.
-- Protected and declared attributes; only audit may read them.
with

checked as (
    select * from {{ ref('stg_customer_attributes_checked') }}
),

final as (

    select
        customer_id,
        attribute,
        value,
        source,
        updated_at,
        loaded_at
    from checked
    where outcome = 'accepted'

)

select * from final
