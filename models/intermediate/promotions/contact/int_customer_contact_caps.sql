-- One row per enabled channel and customer with a message that a cap counts.
-- Does a cap hold for them there, still in a day, and until when?
with

windows as (
    select * from {{ ref('int_customer_cap_windows') }}
),

channels as (
    select * from {{ ref('channels') }}
    where is_enabled
),

limited as (

    select distinct customer_key
    from windows

),

-- which cap holds on which channels is settled first: the join with the customers below
-- then goes by equal keys, and its cost does not grow with the square of their number
holding as (

    select
        windows.*,
        channels.channel
    from windows
    inner join channels on windows.cap_channel in ('any', channels.channel)
    where windows.holds_until is not null

),

-- the channel's own caps speak first, then the one that holds longest
ranked as (

    select
        limited.customer_key,
        channels.channel,
        holding.cap_name,
        holding.cap_channel,
        max(holding.holds_until) over (
            partition by limited.customer_key, channels.channel
        ) as held_until,
        row_number() over (
            partition by limited.customer_key, channels.channel
            order by
                case when holding.cap_channel = 'any' then 1 else 0 end nulls last,
                holding.holds_until desc nulls last,
                holding.cap_name asc nulls last
        ) as cap_rank
    from limited
    cross join channels
    left join holding
        on
            limited.customer_key = holding.customer_key
            and channels.channel = holding.channel

),

final as (

    select
        customer_key,
        channel,
        cap_name is not null as is_capped,
        case
            when cap_channel = 'any' then 'overall_frequency_cap'
            when cap_name is not null then 'channel_frequency_cap'
        end as cap_reason,
        cap_name,
        coalesce(
            held_until > {{ dbt.dateadd('day', 1, as_of_end()) }}, false
        ) as is_capped_next_day,
        case
            when held_until is null then {{ as_of_end() }}
            when held_until < {{ latest_valid() }} then held_until
        end as free_at
    from ranked
    where cap_rank = 1

)

select * from final
