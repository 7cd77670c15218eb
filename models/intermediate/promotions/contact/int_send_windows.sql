-- One row per time zone, enabled channel and preferred hour that customers have.
-- When does a message go out that tonight's decisions send?
with

customers as (
    select * from {{ ref('int_customer_send_times') }}
),

send_hours as (
    select * from {{ ref('int_channel_send_hours') }}
),

channels as (
    select * from {{ ref('channels') }}
),

wishes as (

    select distinct
        time_zone,
        preferred_hour
    from customers

),

-- the first day on which it can be sent, where the customer lives
dated as (

    select
        wishes.time_zone,
        wishes.preferred_hour,
        send_hours.channel,
        send_hours.start_hour,
        channels.send_window_hours,
        greatest(
            {{ send_date() }},
            cast(
                {{ from_utc(as_of_end(), 'wishes.time_zone', is_column=true) }} as date
            )
        ) as local_date
    from wishes
    inner join send_hours on wishes.preferred_hour = send_hours.preferred_hour
    inner join channels on send_hours.channel = channels.channel

),

started as (

    select
        dated.*,
        {{ dbt.dateadd('hour', 'start_hour', 'cast(local_date as timestamp)') }}
            as local_start_at,
        {{ dbt.dateadd(
            'hour', 'start_hour + send_window_hours', 'cast(local_date as timestamp)'
        ) }} as local_end_at
    from dated

),

-- far in the east the hour may be over before the night's decisions are made, and where
-- the clocks go forward a window may have no time at all
postponed as (

    select
        time_zone,
        channel,
        preferred_hour,
        send_window_hours,
        case
            when
                {{ to_utc('local_start_at', 'time_zone', is_column=true) }}
                < {{ as_of_end() }}
                or {{ to_utc('local_start_at', 'time_zone', is_column=true) }}
                >= {{ to_utc('local_end_at', 'time_zone', is_column=true) }}
                then {{ dbt.dateadd('day', 1, 'local_start_at') }}
            else local_start_at
        end as local_start_at
    from started

),

final as (

    select
        time_zone,
        channel,
        preferred_hour,
        {{ to_utc('local_start_at', 'time_zone', is_column=true) }} as send_from_at,
        -- local hours again: when the clocks change, the quiet ones stay quiet
        {{ to_utc(
            dbt.dateadd('hour', 'send_window_hours', 'local_start_at'),
            'time_zone', is_column=true
        ) }} as send_until_at
    from postponed

)

select * from final
