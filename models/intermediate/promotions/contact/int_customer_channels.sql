-- One row per known customer and enabled channel.
-- May they be contacted there, how well does it work, and when can it be next?
with

reach as (
    select * from {{ ref('int_customer_reach') }}
),

preferences as (
    select * from {{ ref('int_customer_channel_preference') }}
),

channels as (
    select * from {{ ref('channels') }}
),

caps as (
    select * from {{ ref('int_customer_contact_caps') }}
),

send_times as (
    select * from {{ ref('int_customer_send_times') }}
),

windows as (
    select * from {{ ref('int_send_windows') }}
),

final as (

    select
        reach.customer_key,
        reach.channel,
        reach.is_permitted,
        reach.permission_reason,
        preferences.channel_rank,
        preferences.click_rate,
        channels.contact_cost_amount,
        coalesce(caps.is_capped, false) as is_capped,
        coalesce(caps.is_capped_next_day, false) as is_capped_next_day,
        caps.cap_reason,
        case
            when caps.customer_key is null then {{ as_of_end() }}
            else caps.free_at
        end as free_at,
        windows.send_from_at,
        windows.send_until_at
    from reach
    inner join channels on reach.channel = channels.channel
    inner join preferences
        on
            reach.customer_key = preferences.customer_key
            and reach.channel = preferences.channel
    inner join send_times on reach.customer_key = send_times.customer_key
    left join windows
        on
            send_times.time_zone = windows.time_zone
            and send_times.preferred_hour = windows.preferred_hour
            and reach.channel = windows.channel
    left join caps
        on
            reach.customer_key = caps.customer_key
            and reach.channel = caps.channel

)

select * from final
