-- One row per customer and channel whose messages an event tells of.
-- What became of the messages that they got there?
with

events as (
    select * from {{ ref('int_events_identified') }}
),

channels as (
    select * from {{ ref('channels') }}
),

event_types as (

    select
        channel,
        delivered_event_type as event_type,
        'delivered' as message_event
    from channels
    {{ union_distinct() }}
    select
        channel,
        clicked_event_type as event_type,
        'clicked' as message_event
    from channels
    {{ union_distinct() }}
    select
        channel,
        bounced_event_type as event_type,
        'bounced' as message_event
    from channels

),

final as (

    select
        events.customer_key,
        event_types.channel,
        cast(count(
            case when event_types.message_event = 'delivered' then 1 end
        ) as bigint) as delivered_count,
        cast(count(
            case when event_types.message_event = 'clicked' then 1 end
        ) as bigint) as clicked_count,
        max(case
            when event_types.message_event != 'bounced' then events.occurred_at
        end) as last_arrived_at,
        max(case
            when event_types.message_event = 'bounced' then events.occurred_at
        end) as last_bounced_at
    from events
    inner join event_types
        on events.event_type = event_types.event_type
    group by events.customer_key, event_types.channel

)

select * from final
