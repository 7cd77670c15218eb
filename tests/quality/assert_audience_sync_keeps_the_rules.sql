{#- No tool keeps somebody who did not allow it, who took it back by today, or who is a
    minor; and none gets what is not its business. Asked of the ledger, not of the
    columns that decide. -#}
with

synced as (
    select * from {{ ref('audience_sync') }}
),

destinations as (
    select * from {{ ref('destinations') }}
),

channels as (
    select * from {{ ref('channels') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

salts as (
    select * from {{ ref('stg_erasure_salt') }}
),

consents as (
    select * from {{ ref('int_customer_consents') }}
    where consent_status = 'granted'
),

-- whoever said no today, in the ledger's own spelling
later as (

    select distinct
        checked.customer_id,
        coalesce(channel_names.channel, {{ slug('checked.channel') }}) as channel
    from {{ ref('stg_consents_checked') }} as checked
    left join {{ ref('channel_names') }} as channel_names
        on {{ slug('checked.channel') }} = channel_names.raw_channel
    where
        checked.outcome = 'after_as_of'
        and checked.status = 'withdrawn'
        and checked.purpose = 'marketing'

),

known as (

    select
        customers.*,
        destinations.destination,
        channels.channel,
        channels.purpose,
        {{ sha256_hex(
            "salts.salt || '|' || destinations.destination || '|' "
            ~ "|| customers.customer_id"
        ) }} as external_id
    from customers
    cross join destinations
    inner join channels on destinations.channel = channels.channel
    cross join salts

),

judged as (

    select
        synced.destination,
        synced.external_id,
        synced.action,
        case
            when synced.action = 'remove' and synced.payload_hash is not null
                then 'a removal carries a payload'
            when
                synced.action = 'remove'
                and coalesce(
                    synced.email, synced.phone, synced.email_sha256,
                    synced.phone_sha256, synced.segment, synced.promotion_id
                ) is not null
                then 'a removal tells something about the customer'
            when synced.action = 'remove' then null
            when known.customer_id is null then 'is no known customer'
            when not coalesce(destinations.is_enabled, false)
                then 'the tool is switched off'
            when known.is_minor then 'is a minor'
            when consents.customer_key is null then 'did not allow it'
            when later.customer_id is not null and known.purpose = 'marketing'
                then 'took it back after the as-of day'
            when
                synced.kind = 'ads'
                and coalesce(
                    synced.email, synced.phone, synced.lifecycle_stage,
                    synced.value_tier, synced.promotion_id
                ) is not null
                then 'an ad platform gets more than hashes and the segment'
            when
                synced.kind = 'ads'
                and coalesce(synced.email_sha256, synced.phone_sha256) is null
                then 'an ad platform gets somebody without an identifier'
            when
                synced.kind != 'ads'
                and coalesce(synced.email_sha256, synced.phone_sha256) is not null
                then 'a message tool gets hashes'
        end as failure
    from synced
    left join known
        on
            synced.destination = known.destination
            and synced.external_id = known.external_id
    left join destinations on synced.destination = destinations.destination
    left join consents
        on
            known.customer_key = consents.customer_key
            and known.channel = consents.channel
            and known.purpose = consents.purpose
    left join later
        on
            known.customer_id = later.customer_id
            and later.channel in ('all', known.channel)

),

failures as (

    select *
    from judged
    where failure is not null

)

select * from failures
