-- One row per message that went out.
-- Who was contacted where, when, for which promotion and at what cost?
with

sends as (
    select * from {{ ref('stg_promotion_sends') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

channel_names as (
    select * from {{ ref('channel_names') }}
),

final as (

    select
        sends.send_id,
        customers.customer_key,
        sends.promotion_id,
        coalesce(channel_names.channel, {{ slug('sends.channel') }}) as channel,
        sends.sent_at,
        {{ business_date('sends.sent_at') }} as sent_date,
        sends.delivered as is_delivered,
        cast(sends.cost as numeric(18, 4)) as cost_amount
    from sends
    inner join customers
        on sends.customer_id = customers.customer_id
    left join channel_names
        on {{ slug('sends.channel') }} = channel_names.raw_channel

)

select * from final
