-- One row per delivered row of events.
-- What became of it, and why.
{% set key = ['event_id'] %}
{% set payload = [
    'event_id', 'occurred_at', 'event_type', 'customer_id', 'anonymous_id',
    'session_id', 'channel', 'product_id', 'campaign', 'updated_at',
    'unparsed_values'
] %}
with

events as (
    select * from {{ ref('raw_events') }}
),

identities as (
    select * from {{ ref('raw_identities') }}
),

erased_customers as (
    {{ erased_ids(ref('raw_events'), ['customer_id', 'anonymous_id']) }}
),

erased_owners as (
    {{ erased_ids(ref('raw_identities')) }}
),

-- visitors who turned out to be somebody who is forgotten, or who bear their id
erased_visitors as (

    select identities.anonymous_id
    from identities
    inner join erased_owners
        on identities.customer_id = erased_owners.customer_id
    where identities.anonymous_id is not null

    {{ union_distinct() }}

    select customer_id as anonymous_id
    from erased_customers

),

event_types as (
    select * from {{ ref('event_types') }}
),

deliveries as (

    select
        events.*,
        event_types.event_type as known_type,
        (
            erased_customers.customer_id is not null
            or erased_visitors.anonymous_id is not null
        ) as is_erased,
        {{ is_after_as_of(
            'events.occurred_at', 'events.updated_at'
        ) }} as is_after_as_of
    from events
    left join erased_customers
        on events.customer_id = erased_customers.customer_id
    left join erased_visitors
        on events.anonymous_id = erased_visitors.anonymous_id
    left join event_types
        on {{ slug('events.event_type') }} = event_types.raw_event_type

),

numbered as (
    {{ number_versions('deliveries', key, payload) }}
),

judged as (

    select
        numbered.*,
        case
            when event_id is null then 'missing_key'
            when customer_id is null and anonymous_id is null
                then 'missing_customer'
            when event_type is null then 'missing_value'
            when occurred_at is null then 'unparsable_timestamp'
            when {{ is_impossible('occurred_at') }} then 'impossible_timestamp'
            when {{ is_after_load('occurred_at') }} then 'after_load_time'
        end as refusal
    from numbered

),

outcomes as (
    select judged.*, {{ row_outcome() }} as outcome from judged
),

final as (

    select
        {{ unless_erased('event_id') }} as event_id,
        {{ unless_erased('occurred_at') }} as occurred_at,
        {{ unless_erased('coalesce(known_type, ' ~ slug('event_type') ~ ')') }}
            as event_type,
        {{ unless_erased('customer_id') }} as customer_id,
        {{ unless_erased('anonymous_id') }} as anonymous_id,
        {{ unless_erased('session_id') }} as session_id,
        {{ unless_erased('channel') }} as channel,
        {{ unless_erased('product_id') }} as product_id,
        {{ unless_erased('campaign') }} as campaign,
        {{ unless_erased('updated_at') }} as updated_at,
        {{ unless_erased('loaded_at') }} as loaded_at,
        {{ row_key(key) }} as row_key,
        cast(null as numeric(38, 4)) as row_amount,
        {{ row_payload_hash(payload) }} as payload_hash,
        outcome,
        {{ row_reason({'unmapped_event_type': 'known_type is null'}) }} as reason
    from outcomes

)

select * from final
