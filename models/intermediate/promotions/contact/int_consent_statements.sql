-- One row per statement of a known customer about consent.
-- Who allowed or took back what, from when on, and in which channel and purpose?
with

consents as (
    select * from {{ ref('stg_consents_checked') }}
    where outcome in ('accepted', 'quarantined')
),

events as (
    select * from {{ ref('int_consent_events') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

channel_names as (
    select * from {{ ref('channel_names') }}
),

-- a refused grant grants nothing, and takes nothing
judged as (

    select
        customer_id,
        coalesce({{ slug('channel') }}, 'all') as raw_channel,
        coalesce({{ slug('purpose') }}, 'all') as raw_purpose,
        changed_at,
        case when outcome = 'accepted' then status else 'unclear' end as statement,
        case when outcome = 'accepted' then 'consent' else 'refused_consent' end
            as statement_source
    from consents
    where outcome = 'accepted' or coalesce({{ slug('status') }}, '') != 'granted'

),

-- what has no time that a calendar knows counts to the end of the as-of day
ledger as (

    select
        customers.customer_key,
        coalesce(channel_names.channel, judged.raw_channel) as channel,
        case
            when {{ is_every('judged.raw_purpose') }} then 'all'
            else judged.raw_purpose
        end as purpose,
        case
            when {{ is_impossible('judged.changed_at') }} then {{ as_of_end() }}
            else coalesce(judged.changed_at, {{ as_of_end() }})
        end as counts_from_at,
        judged.statement,
        judged.statement_source
    from judged
    inner join customers
        on judged.customer_id = customers.customer_id
    left join channel_names
        on judged.raw_channel = channel_names.raw_channel

),

statements as (

    select
        customer_key,
        channel,
        purpose,
        counts_from_at,
        statement,
        statement_source
    from ledger

    union all

    select
        customer_key,
        channel,
        'all' as purpose,
        counts_from_at,
        statement,
        statement_source
    from events

),

final as (

    select
        customer_key,
        channel,
        purpose,
        counts_from_at,
        statement,
        min(statement_source) as statement_source
    from statements
    group by customer_key, channel, purpose, counts_from_at, statement

)

select * from final
