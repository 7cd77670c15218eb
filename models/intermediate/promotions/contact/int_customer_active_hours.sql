-- One row per customer and local hour of the day in which they were active.
-- At which hours of their day do they order, look and answer?
with

orders as (
    select * from {{ ref('int_orders_net') }}
),

events as (
    select * from {{ ref('int_events_identified') }}
),

channels as (
    select * from {{ ref('channels') }}
),

zones as (
    select * from {{ ref('int_customer_time_zones') }}
),

-- a message that arrives is the shop's act, not the customer's
shop_event_types as (

    select delivered_event_type as event_type
    from channels
    {{ union_distinct() }}
    select bounced_event_type as event_type
    from channels

),

activity as (

    select
        customer_key,
        ordered_at as active_at
    from orders

    union all

    select
        events.customer_key,
        events.occurred_at as active_at
    from events
    left join shop_event_types
        on events.event_type = shop_event_types.event_type
    where shop_event_types.event_type is null

),

timed as (

    select
        activity.customer_key,
        zones.time_zone,
        activity.active_at,
        {{ dbt.date_trunc('hour', 'activity.active_at') }} as active_hour_at
    from activity
    inner join zones on activity.customer_key = zones.customer_key
    where not {{ is_date_alone('activity.active_at') }}

),

-- a zone is looked up once an hour that occurs, not once a row
zone_hours as (

    select distinct
        time_zone,
        active_hour_at
    from timed

),

local_hours as (

    select
        time_zone,
        active_hour_at,
        {{ from_utc('active_hour_at', 'time_zone', is_column=true) }} as local_hour_at
    from zone_hours

),

hours as (

    select
        timed.customer_key,
        extract(
            hour from timed.active_at
            + (local_hours.local_hour_at - timed.active_hour_at)
        ) as local_hour
    from timed
    inner join local_hours
        on
            timed.time_zone = local_hours.time_zone
            and timed.active_hour_at = local_hours.active_hour_at

),

final as (

    select
        customer_key,
        cast(local_hour as int) as local_hour,
        cast(count(*) as bigint) as activity_count
    from hours
    group by customer_key, local_hour

)

select * from final
