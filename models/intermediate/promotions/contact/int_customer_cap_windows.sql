-- One row per cap and customer with a message in its window; every one for a cap of 0.
-- How many messages does each cap count, and until when does it hold?
with

touches as (
    select * from {{ ref('int_promotion_touches') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

caps as (
    select * from {{ ref('contact_caps') }}
),

longest_cap as (
    select max(window_hours) as window_hours from caps
),

recent as (

    select touches.*
    from touches
    cross join longest_cap
    where
        touches.sent_at < {{ as_of_end() }}
        and {{ dbt.dateadd('hour', 'longest_cap.window_hours', 'touches.sent_at') }}
        > {{ as_of_end() }}

),

numbered as (

    select
        recent.customer_key,
        caps.cap_name,
        caps.channel as cap_channel,
        caps.maximum_count,
        {{ dbt.dateadd('hour', 'caps.window_hours', 'recent.sent_at') }}
            as counts_until,
        row_number() over (
            partition by recent.customer_key, caps.cap_name
            order by recent.sent_at desc nulls last, recent.send_id asc nulls last
        ) as recency_rank
    from recent
    inner join caps
        on caps.channel in ('any', recent.channel)
    where caps.maximum_count > 0

),

-- a message exactly one window ago does not count any more; a cap holds until the one
-- that reached its number is that old
final as (

    select
        customer_key,
        cap_name,
        cap_channel,
        cast(count(*) as bigint) as message_count,
        max(case when recency_rank = maximum_count then counts_until end) as holds_until
    from numbered
    where counts_until > {{ as_of_end() }}
    group by customer_key, cap_name, cap_channel

    union all

    -- everybody has had 0 messages, and always will have
    select
        customers.customer_key,
        caps.cap_name,
        caps.channel as cap_channel,
        cast(0 as bigint) as message_count,
        {{ latest_valid() }} as holds_until
    from customers
    cross join caps
    where caps.maximum_count = 0

)

select * from final
