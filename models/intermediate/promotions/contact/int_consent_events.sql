-- One row per customer, channel and instant at which an event took consent back.
-- Where and when did customers unsubscribe or complain?
with

events as (
    select * from {{ ref('int_events_identified') }}
    where event_type in ('unsubscribed', 'complained')
),

refused_events as (
    select * from {{ ref('stg_events_checked') }}
    where outcome = 'quarantined' and event_type in ('unsubscribed', 'complained')
),

customers as (
    select * from {{ ref('int_customers') }}
),

channels as (
    select * from {{ ref('channels') }}
),

channel_names as (
    select * from {{ ref('channel_names') }}
),

-- an event without a channel is of e-mail: its footer is where people unsubscribe
withdrawals as (

    select
        customer_key,
        coalesce({{ slug('channel') }}, 'email') as raw_channel,
        occurred_at as counts_from_at,
        'withdrawn' as statement,
        event_type as statement_source
    from events

    union all

    select
        customers.customer_key,
        coalesce({{ slug('refused_events.channel') }}, 'email') as raw_channel,
        case
            when {{ is_impossible('refused_events.occurred_at') }}
                then {{ as_of_end() }}
            else coalesce(refused_events.occurred_at, {{ as_of_end() }})
        end as counts_from_at,
        'unclear' as statement,
        'refused_event' as statement_source
    from refused_events
    inner join customers
        on refused_events.customer_id = customers.customer_id

),

-- a place where nobody is contacted (web, app) does not say which channel is meant
final as (

    select
        withdrawals.customer_key,
        coalesce(channels.channel, 'all') as channel,
        withdrawals.counts_from_at,
        withdrawals.statement,
        min(withdrawals.statement_source) as statement_source
    from withdrawals
    left join channel_names
        on withdrawals.raw_channel = channel_names.raw_channel
    left join channels
        on
            coalesce(channel_names.channel, withdrawals.raw_channel)
            = channels.channel
    group by
        withdrawals.customer_key,
        coalesce(channels.channel, 'all'),
        withdrawals.counts_from_at,
        withdrawals.statement

)

select * from final
