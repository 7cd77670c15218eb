-- One row per known customer and channel of the policy.
-- Who has said no since the as-of day, as far as anybody knows today?
with

consents as (
    select * from {{ ref('stg_consents_checked') }}
    where
        outcome = 'after_as_of'
        and coalesce({{ slug('status') }}, '') != 'granted'
),

events as (
    select * from {{ ref('stg_events_checked') }}
    where
        outcome = 'after_as_of'
        and event_type in ('unsubscribed', 'complained')
),

identities as (
    select * from {{ ref('stg_identities_checked') }}
    where outcome in ('accepted', 'after_as_of')
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

-- an anonymous id of several customers is nobody's
links as (

    select
        anonymous_id,
        min(customer_id) as customer_id
    from identities
    group by anonymous_id
    having count(distinct customer_id) = 1

),

-- an event is of every purpose, and without a channel of e-mail, as before the day
said as (

    select
        customer_id,
        coalesce({{ slug('channel') }}, 'all') as raw_channel,
        coalesce({{ slug('purpose') }}, 'all') as raw_purpose,
        false as is_event
    from consents

    union all

    select
        coalesce(events.customer_id, links.customer_id) as customer_id,
        coalesce({{ slug('events.channel') }}, 'email') as raw_channel,
        'all' as raw_purpose,
        true as is_event
    from events
    left join links on events.anonymous_id = links.anonymous_id

),

named as (

    select
        said.customer_id,
        said.raw_purpose,
        coalesce(channel_names.channel, said.raw_channel) as channel,
        said.is_event
    from said
    left join channel_names on said.raw_channel = channel_names.raw_channel

),

-- where an event happened that is no channel of the policy, every one is meant
meant as (

    select
        named.customer_id,
        named.raw_purpose,
        case
            when named.is_event and channels.channel is null then 'all'
            else named.channel
        end as channel
    from named
    left join channels on named.channel = channels.channel

),

final as (

    select distinct
        customers.customer_key,
        channels.channel
    from meant
    inner join customers on meant.customer_id = customers.customer_id
    inner join channels
        on
            meant.channel in ('all', channels.channel)
            and (
                {{ is_every('meant.raw_purpose') }}
                or meant.raw_purpose = channels.purpose
            )

)

select * from final
