-- One row per enabled destination and customer who said anything about its channel.
-- May the tool know this customer, and if not, why not?
with

destinations as (
    select * from {{ ref('destinations') }}
    where is_enabled
),

channels as (
    select * from {{ ref('channels') }}
),

consents as (
    select * from {{ ref('int_customer_consents') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

later_withdrawals as (
    select * from {{ ref('int_later_withdrawals') }}
),

identifiers as (
    select * from {{ ref('int_contact_identifiers') }}
),

salts as (
    select * from {{ ref('stg_erasure_salt') }}
),

judged as (

    select
        destinations.destination,
        {{ sha256_hex(
            "salts.salt || '|' || destinations.destination || '|' "
            ~ "|| customers.customer_id"
        ) }} as external_id,
        customers.customer_key,
        case
            when customers.is_minor then 'minor'
            when consents.consent_status = 'withdrawn' then 'consent_withdrawn'
            when consents.consent_status = 'expired' then 'consent_expired'
            when consents.consent_status = 'opted_out' then 'opted_out'
            when coalesce(consents.consent_status, '') != 'granted'
                then 'consent_unclear'
            when later_withdrawals.customer_key is not null
                then 'withdrawn_after_as_of'
            when not coalesce(
                case
                    when destinations.identifier_format = 'google'
                        then coalesce(
                            identifiers.email_sha256_for_google,
                            identifiers.phone_sha256_for_google
                        ) is not null
                    when destinations.identifier_format = 'meta'
                        then coalesce(
                            identifiers.email_sha256_for_meta,
                            identifiers.phone_sha256_for_meta
                        ) is not null
                    when channels.address = 'email'
                        then identifiers.email is not null
                    when channels.address = 'phone'
                        then identifiers.phone_digits is not null
                    when channels.address = 'none' then true
                end, false
            ) then 'no_address'
        end as refusal_reason
    from destinations
    inner join channels on destinations.channel = channels.channel
    inner join consents
        on
            channels.channel = consents.channel
            and channels.purpose = consents.purpose
    inner join customers on consents.customer_key = customers.customer_key
    cross join salts
    left join later_withdrawals
        on
            customers.customer_key = later_withdrawals.customer_key
            and channels.channel = later_withdrawals.channel
    left join identifiers on customers.customer_key = identifiers.customer_key

),

final as (

    select
        destination,
        external_id,
        customer_key,
        refusal_reason is null as is_permitted,
        refusal_reason
    from judged

)

select * from final
