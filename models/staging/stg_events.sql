-- One row per event.
-- What visitors and customers did, under canonical names.
with

checked as (
    select * from {{ ref('stg_events_checked') }}
),

final as (

    select
        event_id,
        occurred_at,
        event_type,
        customer_id,
        anonymous_id,
        session_id,
        channel,
        product_id,
        campaign,
        updated_at,
        loaded_at
    from checked
    where outcome = 'accepted'

)

select * from final
