-- One row per delivered row of erasure_requests.
-- What became of it, and why.
{% set key = ['request_id'] %}
{% set payload = [
    'request_id', 'requested_at', 'customer_id', 'customer_id_hash', 'updated_at',
    'unparsed_values'
] %}
with

erasure_requests as (
    select * from {{ ref('raw_erasure_requests') }}
),

deliveries as (

    select
        erasure_requests.*,
        false as is_erased,
        -- a request counts in every build, whatever day it looks at
        false as is_after_as_of
    from erasure_requests

),

numbered as (
    {{ number_versions('deliveries', key, payload) }}
),

judged as (

    select
        numbered.*,
        case
            when request_id is null then 'missing_key'
            when customer_id is null and customer_id_hash is null
                then 'missing_customer'
            when requested_at is null then 'unparsable_timestamp'
            when {{ is_impossible('requested_at') }} then 'impossible_timestamp'
            when {{ is_after_load('requested_at') }} then 'after_load_time'
        end as refusal
    from numbered

),

outcomes as (
    select judged.*, {{ row_outcome() }} as outcome from judged
),

final as (

    select
        request_id,
        requested_at,
        customer_id,
        customer_id_hash,
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
