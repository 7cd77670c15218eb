-- One row per accepted refund.
-- What was paid back, cleaned and typed, in the order's currency.
with

checked as (
    select * from {{ ref('stg_refunds_checked') }}
),

final as (

    select
        refund_id,
        order_id,
        refunded_at,
        amount,
        refund_reason,
        updated_at,
        loaded_at
    from checked
    where outcome = 'accepted'

)

select * from final
