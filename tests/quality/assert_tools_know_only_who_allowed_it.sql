{#- No tool keeps somebody who did not allow it, who took it back by today, or who is a
    minor. Asked of the ledger, not of the columns that decide. -#}
with

synced as (
    select * from {{ ref('audience_sync') }}
    where action != 'remove'
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

-- whoever has said no since the as-of day, in so many words
later as (

    select distinct
        customer_id,
        {{ slug('channel') }} as channel,
        {{ slug('purpose') }} as purpose
    from {{ ref('stg_consents_checked') }}
    where outcome = 'after_as_of' and status = 'withdrawn'

),

known as (

    select
        customers.*,
        destinations.destination,
        destinations.is_enabled,
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
            when known.customer_id is null then 'is no known customer'
            when not coalesce(known.is_enabled, false) then 'the tool is switched off'
            when known.is_minor then 'is a minor'
            when consents.customer_key is null then 'did not allow it'
            when later.customer_id is not null
                then 'took it back after the as-of day'
        end as failure
    from synced
    left join known
        on
            synced.destination = known.destination
            and synced.external_id = known.external_id
    left join consents
        on
            known.customer_key = consents.customer_key
            and known.channel = consents.channel
            and known.purpose = consents.purpose
    left join later
        on
            known.customer_id = later.customer_id
            and later.channel in ('all', known.channel)
            and later.purpose in ('all', known.purpose)

),

failures as (

    select *
    from judged
    where failure is not null

)

select * from failures
