-- One row per known customer and enabled channel.
-- May this customer be contacted there, and if not, why not?
with

customers as (
    select * from {{ ref('int_customers') }}
),

contact_data as (
    select * from {{ ref('stg_customers') }}
),

channels as (
    select * from {{ ref('channels') }}
    where is_enabled
),

consents as (
    select * from {{ ref('int_customer_consents') }}
),

messages as (
    select * from {{ ref('int_customer_channel_messages') }}
),

-- whether there is an address, never which
addresses as (

    select
        customer_id,
        coalesce({{ matches('email', '^[^@\\s]+@[^@\\s]+$') }}, false) as has_email,
        coalesce(
            {{ matches(
                'phone', '([0-9][^0-9]*){' ~ var('phone_minimum_digits') ~ '}'
            ) }}, false
        ) as has_phone
    from contact_data

),

judged as (

    select
        customers.customer_key,
        channels.channel,
        case
            when customers.is_minor then 'minor'
            when consents.consent_status = 'opted_out' then 'opted_out'
            when consents.consent_status is null then 'no_consent'
            when consents.consent_status = 'withdrawn' then 'consent_withdrawn'
            when consents.consent_status = 'expired' then 'consent_expired'
            when consents.consent_status != 'granted' then 'consent_unclear'
            when not coalesce(
                case channels.address
                    when 'email' then addresses.has_email
                    when 'phone' then addresses.has_phone
                    when 'none' then true
                end, false
            ) then 'no_address'
            when
                messages.last_bounced_at
                >= coalesce(messages.last_arrived_at, messages.last_bounced_at)
                then 'suppressed'
        end as permission_reason
    from customers
    cross join channels
    left join consents
        on
            customers.customer_key = consents.customer_key
            and channels.channel = consents.channel
            and channels.purpose = consents.purpose
    left join addresses on customers.customer_id = addresses.customer_id
    left join messages
        on
            customers.customer_key = messages.customer_key
            and channels.channel = messages.channel

),

final as (

    select
        customer_key,
        channel,
        permission_reason,
        permission_reason is null as is_permitted
    from judged

)

select * from final
