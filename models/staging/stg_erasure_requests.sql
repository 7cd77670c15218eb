-- One row per request to be forgotten.
-- The accepted rows, cleaned and typed.
with

checked as (
    select * from {{ ref('stg_erasure_requests_checked') }}
),

final as (

    select
        request_id,
        requested_at,
        customer_hash,
        updated_at,
        loaded_at
    from checked
    where outcome = 'accepted'

)

select * from final
