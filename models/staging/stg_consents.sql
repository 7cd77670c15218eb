-- One row per change of a consent.
-- Grants and withdrawals, cleaned and typed.
with

checked as (
    select * from {{ ref('stg_consents_checked') }}
),

final as (

    select
        customer_id,
        channel,
        purpose,
        changed_at,
        status,
        source,
        updated_at,
        loaded_at
    from checked
    where outcome = 'accepted'

)

select * from final
