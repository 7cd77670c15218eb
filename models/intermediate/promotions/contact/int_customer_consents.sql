-- One row per customer, channel and purpose that a statement about consent covers.
-- What did they allow, as of the day, where doubt counts as no?
with

statements as (
    select * from {{ ref('int_consent_statements') }}
),

channels as (
    select * from {{ ref('channels') }}
),

-- a grant must name its channel and its purpose
counted as (

    select *
    from statements
    where statement != 'granted' or (channel != 'all' and purpose != 'all')

),

-- what is said of every channel or purpose is said of all that the policy knows
covered as (

    select
        customer_key,
        channel,
        purpose
    from counted
    where channel != 'all' and purpose != 'all'

    {{ union_distinct() }}

    select
        counted.customer_key,
        channels.channel,
        channels.purpose
    from counted
    inner join channels
        on
            counted.channel in ('all', channels.channel)
            and counted.purpose in ('all', channels.purpose)

),

-- the last one decides; of those at the same instant, the one that takes most
ranked as (

    select
        covered.customer_key,
        covered.channel,
        covered.purpose,
        counted.channel = 'all' as is_of_all_channels,
        counted.counts_from_at,
        counted.statement,
        counted.statement_source,
        row_number() over (
            partition by covered.customer_key, covered.channel, covered.purpose
            order by
                counted.counts_from_at desc nulls last,
                case when counted.statement = 'granted' then 1 else 0 end nulls last,
                case when counted.statement = 'unclear' then 1 else 0 end nulls last,
                case when counted.channel = 'all' then 0 else 1 end nulls last,
                case when counted.purpose = 'all' then 0 else 1 end nulls last
        ) as statement_rank
    from covered
    inner join counted
        on
            covered.customer_key = counted.customer_key
            and counted.channel in ('all', covered.channel)
            and counted.purpose in ('all', covered.purpose)

),

final as (

    select
        customer_key,
        channel,
        purpose,
        case
            when
                statement = 'granted'
                and {{ var('consent_valid_days') }} > 0
                and {{ dbt.datediff(
                    business_date('counts_from_at'), send_date(), 'day'
                ) }} > {{ var('consent_valid_days') }}
                then 'expired'
            when statement = 'withdrawn' and is_of_all_channels then 'opted_out'
            when statement in ('granted', 'withdrawn') then statement
            else 'unclear'
        end as consent_status,
        case when counts_from_at < {{ as_of_end() }} then counts_from_at end
            as changed_at,
        statement_source as deciding_source
    from ranked
    where statement_rank = 1

)

select * from final
