{#- Rows of channels, channel_names and contact_caps to correct. -#}
with

channels as (
    select * from {{ ref('channels') }}
),

channel_names as (
    select * from {{ ref('channel_names') }}
),

caps as (
    select * from {{ ref('contact_caps') }}
),

fitting as (

    select
        channel,
        count(start_hour) as start_count
    from {{ ref('int_channel_send_hours') }}
    group by channel

),

judged as (

    select
        'channels' as seed,
        channels.channel as seed_row,
        case
            when channels.channel != {{ slug('channels.channel') }}
                then 'a channel is in lower case with underscores'
            when {{ is_every('channels.channel') }}
                then 'all, any and * stand for every channel: give it another name'
            when channels.is_enabled is null then 'is_enabled is true or false'
            when
                channels.purpose is null
                or channels.purpose != {{ slug('channels.purpose') }}
                or {{ is_every('channels.purpose') }}
                then 'name one purpose, in lower case with underscores'
            when coalesce(channels.address, '') not in ('email', 'phone', 'none')
                then 'address is email, phone or none'
            when not coalesce(channels.contact_cost_amount >= 0, false)
                then 'contact_cost_amount is 0 or more'
            when
                not coalesce(
                    {{ is_hour_of_day('channels.quiet_from_hour') }}
                    and {{ is_hour_of_day('channels.quiet_to_hour') }}, false
                )
                then 'quiet hours are 0 to 23; two equal ones mean none'
            when not coalesce(channels.send_window_hours >= 1, false)
                then 'send_window_hours is 1 or more'
            when fitting.start_count = 0
                then 'no window of send_window_hours fits between the quiet hours'
            when channels.channel_order is null then 'give it a channel_order'
            when channels.delivered_event_type = channels.clicked_event_type
                then 'delivered and clicked are two events'
            when
                channels.bounced_event_type in (
                    channels.delivered_event_type, channels.clicked_event_type
                )
                then 'a bounce is another event than an arrival or a click'
        end as remedy
    from channels
    left join fitting on channels.channel = fitting.channel

    union all

    select
        'channel_names' as seed,
        channel_names.raw_channel as seed_row,
        case
            when channel_names.raw_channel != {{ slug('channel_names.raw_channel') }}
                then 'raw_channel is in lower case with underscores'
            when
                channels.channel is null
                and coalesce(channel_names.channel, '') != 'all'
                then 'channel is one of seed channels, or all'
            when
                {{ is_every('channel_names.raw_channel') }}
                and channel_names.channel != 'all'
                then 'all, any and * stand for every channel'
        end as remedy
    from channel_names
    left join channels on channel_names.channel = channels.channel

    union all

    select
        'contact_caps' as seed,
        caps.cap_name as seed_row,
        case
            when channels.channel is null and coalesce(caps.channel, '') != 'any'
                then 'channel is one of seed channels, or any for all together'
            when not coalesce(caps.window_hours >= 1, false)
                then 'window_hours is 1 or more'
            when not coalesce(caps.maximum_count >= 0, false)
                then 'maximum_count is 0 or more'
        end as remedy
    from caps
    left join channels on caps.channel = channels.channel

),

failures as (

    select *
    from judged
    where remedy is not null

)

select * from failures
