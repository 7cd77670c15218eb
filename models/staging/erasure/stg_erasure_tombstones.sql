-- One row per person who ever asked to be forgotten.
-- Who stays out? Asked by id or by hash, on any day, however broken the request.
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        on_schema_change='append_new_columns',
    )
}}
with

requests as (
    select * from {{ ref('raw_erasure_requests') }}
),

salts as (
    select * from {{ ref('stg_erasure_salt') }}
),

-- a request may name one person by id and another by hash
asked as (

    select
        {{ sha256_hex('customer_id') }} as id_sha256,
        requested_at
    from requests
    where customer_id is not null

    union all

    select
        lower(customer_id_hash) as id_sha256,
        requested_at
    from requests
    where customer_id_hash is not null

),

hashed as (

    select
        {{ erasure_hash('asked.id_sha256', 'salts.salt') }} as customer_hash,
        {{ sha256_hex('salts.salt') }} as salt_hash,
        min({{ business_date('asked.requested_at') }}) as requested_date
    from asked
    cross join salts
    group by 1, 2

),

final as (

    select
        hashed.customer_hash,
        hashed.salt_hash,
        {{ as_of_date() }} as as_of_date,
        hashed.requested_date
    from hashed
    {% if is_incremental() %}
        left join {{ this }} as known
            on hashed.customer_hash = known.customer_hash
        where known.customer_hash is null
    {% endif %}

)

select * from final
