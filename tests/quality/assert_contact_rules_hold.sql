{#- Every known customer has every enabled channel; nobody is permitted without a grant
    or as a minor; no window begins before the decisions are made or in quiet hours. -#}
with

contacts as (
    select * from {{ ref('int_customer_channels') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

channels as (
    select * from {{ ref('channels') }}
    where is_enabled
),

consents as (
    select * from {{ ref('int_customer_consents') }}
    where consent_status = 'granted'
),

zones as (
    select * from {{ ref('int_customer_time_zones') }}
),

judged as (

    select
        customers.customer_key,
        channels.channel,
        case
            when contacts.customer_key is null then 'no row'
            when contacts.is_permitted != (contacts.permission_reason is null)
                then 'permission and reason contradict each other'
            when
                contacts.is_permitted
                and (consents.customer_key is null or customers.is_minor)
                then 'permitted without consent, or as a minor'
            when contacts.is_capped != (contacts.cap_reason is not null)
                then 'cap and reason contradict each other'
            when
                contacts.is_capped
                = coalesce(contacts.free_at = {{ as_of_end() }}, false)
                then 'cap and free_at contradict each other'
            when contacts.is_capped_next_day and not contacts.is_capped
                then 'capped tomorrow, though free today'
            when
                contacts.send_from_at < {{ as_of_end() }}
                or contacts.send_until_at <= contacts.send_from_at
                then 'the window begins too early, or is none'
            when
                channels.quiet_from_hour != channels.quiet_to_hour
                and {{ hours_until(
                    'channels.quiet_from_hour',
                    'cast(extract(hour from ' ~ from_utc(
                        'contacts.send_from_at', 'zones.time_zone', is_column=true
                    ) ~ ') as int)'
                ) }}
                < {{ hours_until(
                    'channels.quiet_from_hour', 'channels.quiet_to_hour'
                ) }}
                then 'the window begins in the quiet hours'
        end as failure
    from customers
    cross join channels
    inner join zones on customers.customer_key = zones.customer_key
    left join contacts
        on
            customers.customer_key = contacts.customer_key
            and channels.channel = contacts.channel
    left join consents
        on
            customers.customer_key = consents.customer_key
            and channels.channel = consents.channel
            and channels.purpose = consents.purpose

),

failures as (

    select *
    from judged
    where failure is not null

)

select * from failures
