-- One row per destination and customer whom the tool may know today.
-- What is it to know about them?
{# kept out of the published schema: what a tool reads is audience_sync #}
{{ config(schema='intermediate') }}
{% set payload = [
    'email', 'phone', 'email_sha256', 'phone_sha256', 'segment',
    'lifecycle_stage', 'value_tier', 'promotion_id', 'message_key', 'content_key',
    'product_id', 'send_from_at', 'send_until_at'
] %}
with

permitted as (
    select * from {{ ref('int_audience_permissions') }}
    where is_permitted
),

-- only a tool that sends messages is told of a promotion, on its own channel
destinations as (

    select
        *,
        case when kind = 'message_tool' then channel end as promotion_channel
    from {{ ref('destinations') }}

),

channels as (
    select * from {{ ref('channels') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

segments as (
    select * from {{ ref('customer_segments') }}
),

identifiers as (
    select * from {{ ref('int_contact_identifiers') }}
),

decisions as (
    select * from {{ ref('customer_promotions') }}
    where is_selected
),

salts as (
    select * from {{ ref('stg_erasure_salt') }}
),

-- an address goes to a tool that sends messages there, hashes to an ad platform
described as (

    select
        permitted.destination,
        permitted.external_id,
        destinations.kind,
        case
            when destinations.kind = 'message_tool' and channels.address = 'email'
                then identifiers.email
        end as email,
        case
            when destinations.kind = 'message_tool' and channels.address = 'phone'
                then identifiers.phone_digits
        end as phone,
        case destinations.identifier_format
            when 'google' then identifiers.email_sha256_for_google
            when 'meta' then identifiers.email_sha256_for_meta
        end as email_sha256,
        case destinations.identifier_format
            when 'google' then identifiers.phone_sha256_for_google
            when 'meta' then identifiers.phone_sha256_for_meta
        end as phone_sha256,
        segments.segment,
        case when destinations.kind = 'message_tool' then segments.lifecycle_stage end
            as lifecycle_stage,
        case when destinations.kind = 'message_tool' then segments.value_tier end
            as value_tier,
        decisions.promotion_id,
        decisions.message_key,
        decisions.content_key,
        decisions.product_id,
        decisions.send_from_at,
        decisions.send_until_at
    from permitted
    inner join destinations on permitted.destination = destinations.destination
    inner join channels on destinations.channel = channels.channel
    inner join customers on permitted.customer_key = customers.customer_key
    inner join segments on customers.customer_id = segments.customer_id
    left join identifiers on permitted.customer_key = identifiers.customer_key
    left join decisions
        on
            customers.customer_id = decisions.customer_id
            and destinations.promotion_channel = decisions.channel

),

final as (

    select
        described.*,
        {{ sha256_hex("salts.salt || '|' || " ~ payload_hash(payload)) }}
            as payload_hash
    from described
    cross join salts

)

select * from final
