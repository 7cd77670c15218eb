-- One row per delivered row of products.
-- What became of it, and why.
{% set key = ['product_id'] %}
{% set payload = [
    'product_id', 'name', 'category', 'unit_cost', 'is_consumable',
    'stock_quantity', 'updated_at', 'unparsed_values'
] %}
with

products as (
    select * from {{ ref('raw_products') }}
),

deliveries as (

    select
        products.*,
        false as is_erased,
        {{ is_after_as_of(none, 'products.updated_at') }} as is_after_as_of
    from products

),

numbered as (
    {{ number_versions('deliveries', key, payload) }}
),

judged as (

    select
        numbered.*,
        case
            when product_id is null then 'missing_key'
            when name is null or category is null then 'missing_value'
            when {{ is_unparsed(['unit_cost']) }} then 'invalid_amount'
            when unit_cost < 0 then 'negative_amount'
        end as refusal
    from numbered

),

outcomes as (
    select judged.*, {{ row_outcome() }} as outcome from judged
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
        loaded_at,
        {{ row_key(key) }} as row_key,
        cast(null as numeric(38, 4)) as row_amount,
        {{ row_payload_hash(payload) }} as payload_hash,
        outcome,
        {{ row_reason() }} as reason
    from outcomes

)

select * from final
