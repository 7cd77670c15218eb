-- One row per delivered row of customer_attributes.
-- What became of it, and why.
{% set key = ['customer_id', 'attribute'] %}
{% set payload = [
    'customer_id', 'attribute', 'value', 'source', 'updated_at', 'unparsed_values'
] %}
with

customer_attributes as (
    select * from {{ ref('raw_customer_attributes') }}
),

erased_customers as (
    {{ erased_ids(ref('raw_customer_attributes')) }}
),

deliveries as (

    select
        customer_attributes.*,
        erased_customers.customer_id is not null as is_erased,
        {{ is_after_as_of(none, 'customer_attributes.updated_at') }} as is_after_as_of
    from customer_attributes
    left join erased_customers
        on customer_attributes.customer_id = erased_customers.customer_id

),

numbered as (
    {{ number_versions('deliveries', key, payload) }}
),

judged as (

    select
        numbered.*,
        case
            when attribute is null then 'missing_key'
            when customer_id is null then 'missing_customer'
            when value is null then 'missing_value'
        end as refusal
    from numbered

),

outcomes as (
    select judged.*, {{ row_outcome() }} as outcome from judged
),

final as (

    select
        {{ unless_erased('customer_id') }} as customer_id,
        {{ unless_erased('attribute') }} as attribute,
        {{ unless_erased('value') }} as value,
        {{ unless_erased('source') }} as source,
        {{ unless_erased('updated_at') }} as updated_at,
        {{ unless_erased('loaded_at') }} as loaded_at,
        {{ row_key(key) }} as row_key,
        cast(null as numeric(38, 4)) as row_amount,
        {{ row_payload_hash(payload) }} as payload_hash,
        outcome,
        {{ row_reason() }} as reason
    from outcomes

)

select * from final
