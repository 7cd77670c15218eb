-- One row per currency and day with a rate of its own.
-- The accepted rows, cleaned and typed.
with

checked as (
    select * from {{ ref('stg_exchange_rates_checked') }}
),

final as (

    select
        currency,
        rate_date,
        rate,
        updated_at,
        loaded_at
    from checked
    where outcome = 'accepted'

)

select * from final
