-- One row per delivered row of erasure_requests.
-- What became of it, and why.
{% set key = ['request_id'] %}
{% set payload = [
    'request_id', 'requested_at', 'asked_by_id', 'asked_by_hash', 'updated_at',
    'unparsed_values'
] %}
with

erasure_requests as (
    select * from {{ ref('raw_erasure_requests') }}
),

salts as (
    select * from {{ ref('stg_erasure_salt') }}
),

-- what the request says of the person is kept as a hash only, in its number too
deliveries as (

    select
        case
            when
                {{ dbt.position(
                    'erasure_requests.customer_id', 'erasure_requests.request_id'
                ) }} > 0
                or {{ sha256_hex('erasure_requests.request_id') }}
                = lower(erasure_requests.customer_id_hash)
                then
                    {{ erasure_hash(
                        sha256_hex('erasure_requests.request_id'), 'salts.salt'
                    ) }}
            else erasure_requests.request_id
        end as request_id,
        erasure_requests.requested_at,
        {{ erasure_hash(
            sha256_hex('erasure_requests.customer_id'), 'salts.salt'
        ) }} as asked_by_id,
        {{ erasure_hash(
            'lower(erasure_requests.customer_id_hash)', 'salts.salt'
        ) }} as asked_by_hash,
        erasure_requests.updated_at,
        erasure_requests.loaded_at,
        erasure_requests.unparsed_values,
        false as is_erased,
        -- a request counts in every build, whatever day it looks at
        false as is_after_as_of
    from erasure_requests
    cross join salts

),

numbered as (
    {{ number_versions('deliveries', key, payload) }}
),

judged as (

    select
        numbered.*,
        case
            when request_id is null then 'missing_key'
            when asked_by_id is null and asked_by_hash is null
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
        coalesce(asked_by_id, asked_by_hash) as customer_hash,
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
