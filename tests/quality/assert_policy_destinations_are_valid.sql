{#- Rows of destinations and calling_codes to correct. -#}
with

destinations as (
    select * from {{ ref('destinations') }}
),

channels as (
    select * from {{ ref('channels') }}
),

calling_codes as (
    select * from {{ ref('calling_codes') }}
),

judged as (

    select
        'destinations' as seed,
        destinations.destination as seed_row,
        case
            when not {{ matches('destinations.destination', '^[a-z0-9_]+$') }}
                then 'a destination is lower-case letters, digits and underscores'
            when coalesce(destinations.kind, '') not in ('message_tool', 'ads')
                then 'kind is message_tool or ads'
            when channels.channel is null
                then 'channel is one of seed channels'
            when
                destinations.kind = 'message_tool'
                and coalesce(destinations.identifier_format, '') != 'plain'
                then 'identifier_format of a message tool is plain'
            when
                destinations.kind = 'ads'
                and coalesce(destinations.identifier_format, '')
                not in ('google', 'meta')
                then 'identifier_format of ads is google or meta: never plain'
            when destinations.is_enabled is null then 'is_enabled is true or false'
        end as remedy
    from destinations
    left join channels on destinations.channel = channels.channel

    union all

    select
        'calling_codes' as seed,
        country as seed_row,
        case
            when country != upper(trim(country))
                then 'country is in capitals, without spaces at its ends'
            when
                not coalesce(
                    {{ matches('calling_code', '^[1-9][0-9]{0,2}$') }}, false
                )
                then 'calling_code is one to three digits, without plus'
            when {{ matches('trunk_prefix', '[^0-9]') }}
                then 'trunk_prefix is digits, or empty'
            when
                not coalesce(
                    minimum_digits >= 1 and maximum_digits >= minimum_digits, false
                )
                then 'minimum_digits and maximum_digits say how long a number is'
        end as remedy
    from calling_codes

),

failures as (

    select *
    from judged
    where remedy is not null

)

select * from failures
