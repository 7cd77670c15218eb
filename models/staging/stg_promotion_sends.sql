-- One row per message that went out.
-- The accepted rows, cleaned and typed.
with

checked as (
    select * from {{ ref('stg_promotion_sends_checked') }}
),

final as (

    select
        send_id,
        customer_id,
        promotion_id,
        channel,
        sent_at,
        delivered,
        cost,
        updated_at,
        loaded_at
    from checked
    where outcome = 'accepted'

)

select * from final
