-- One row per enabled channel and hour of the day.
-- At which hour does a message go out that would best go out at this one?
with

channels as (
    select * from {{ ref('channels') }}
    where is_enabled
),

hours as (
    {{ hours_of_day_as_rows() }}
),

-- hours that are not given are quiet ones
channel_hours as (

    select
        channels.channel,
        channels.send_window_hours,
        hours.hour_of_day,
        coalesce(
            {{ hours_until('channels.quiet_from_hour', 'hours.hour_of_day') }}
            < {{ hours_until('channels.quiet_from_hour', 'channels.quiet_to_hour') }},
            true
        ) as is_quiet
    from channels
    cross join hours

),

quiet_hours as (

    select
        channel,
        hour_of_day as quiet_hour
    from channel_hours
    where is_quiet

),

-- a window may begin where no hour of it is quiet
starts as (

    select
        channel_hours.channel,
        channel_hours.hour_of_day as start_hour
    from channel_hours
    left join quiet_hours
        on
            channel_hours.channel = quiet_hours.channel
            and {{ hours_until('channel_hours.hour_of_day', 'quiet_hours.quiet_hour') }}
            < channel_hours.send_window_hours
    where quiet_hours.channel is null

),

-- the first start from the hour on, else the last one before it, on the same day
final as (

    select
        channel_hours.channel,
        cast(channel_hours.hour_of_day as int) as preferred_hour,
        cast(
            coalesce(
                min(case
                    when starts.start_hour >= channel_hours.hour_of_day
                        then starts.start_hour
                end),
                max(starts.start_hour)
            ) as int
        ) as start_hour
    from channel_hours
    left join starts on channel_hours.channel = starts.channel
    group by channel_hours.channel, channel_hours.hour_of_day

)

select * from final
