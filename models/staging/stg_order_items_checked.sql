-- One row per delivered row of order_items.
-- What became of it, and why.
{% set key = ['order_id', 'line_number'] %}
{% set payload = [
    'order_id', 'line_number', 'product_id', 'quantity', 'unit_price', 'unit_cost',
    'discount_amount', 'updated_at', 'unparsed_values'
] %}
with

order_items as (
    select * from {{ ref('raw_order_items') }}
),

order_outcomes as (
    select * from {{ ref('stg_order_outcomes') }}
),

erased_orders as (
    {{ erased_orders() }}
),

deliveries as (

    select
        order_items.*,
        coalesce(order_outcomes.outcome = 'accepted', false) as has_order,
        order_outcomes.exchange_rate,
        (
            erased_orders.order_id is not null
            and coalesce(order_outcomes.outcome != 'accepted', true)
        ) as is_erased,
        (
            {{ is_after_as_of(none, 'order_items.updated_at') }}
            or coalesce(order_outcomes.outcome = 'after_as_of', false)
        ) as is_after_as_of
    from order_items
    left join order_outcomes
        on order_items.order_id = order_outcomes.order_id
    left join erased_orders
        on order_items.order_id = erased_orders.order_id

),

numbered as (
    {{ number_versions('deliveries', key, payload) }}
),

judged as (

    select
        numbered.*,
        case
            when order_id is null or line_number is null then 'missing_key'
            when product_id is null then 'missing_value'
            when
                unit_price is null
                or {{ is_unparsed(['unit_cost', 'discount_amount']) }}
                then 'invalid_amount'
            when least(unit_price, unit_cost, discount_amount) < 0
                then 'negative_amount'
            when coalesce(quantity, 0) <= 0 then 'invalid_quantity'
            when
                cast(quantity as {{ type_double() }})
                * unit_price
                * coalesce(exchange_rate, 1)
                >= {{ var('maximum_order_amount') }}
                then 'amount_out_of_range'
            when not has_order then 'orphan_line'
        end as refusal
    from numbered

),

outcomes as (
    select judged.*, {{ row_outcome() }} as outcome from judged
),

final as (

    select
        {{ unless_erased('order_id') }} as order_id,
        {{ unless_erased('line_number') }} as line_number,
        {{ unless_erased('product_id') }} as product_id,
        {{ unless_erased('quantity') }} as quantity,
        {{ unless_erased('unit_price') }} as unit_price,
        {{ unless_erased('unit_cost') }} as unit_cost,
        {{ unless_erased('discount_amount') }} as discount_amount,
        {{ unless_erased('updated_at') }} as updated_at,
        {{ unless_erased('loaded_at') }} as loaded_at,
        {{ row_key(key) }} as row_key,
        {{ exact_product('unit_price', 'quantity') }} as row_amount,
        {{ row_payload_hash(payload) }} as payload_hash,
        outcome,
        {{ row_reason() }} as reason
    from outcomes

)

select * from final
