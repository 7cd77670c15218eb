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
    select * from {{ ref('stg_erased_customers') }}
),

requests as (
    select * from {{ ref('raw_erasure_requests') }}
),

-- who asked by hash and is known by attributes alone: nobody else may look for them
hashed_requests as (

    select distinct lower(customer_id_hash) as customer_id_hash
    from requests
    where customer_id_hash is not null

),

deliveries as (

    select
        customer_attributes.*,
        coalesce(
            erased_customers.customer_id, hashed_requests.customer_id_hash
        ) is not null as is_erased,
        {{ is_after_as_of(none, 'customer_attributes.updated_at') }} as is_after_as_of
    from customer_attributes
    left join erased_customers
        on customer_attributes.customer_id = erased_customers.customer_id
    left join hashed_requests
        on
            {{ sha256_hex('customer_attributes.customer_id') }}
            = hashed_requests.customer_id_hash

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
        customer_id,
        attribute,
        value,
        source,
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
