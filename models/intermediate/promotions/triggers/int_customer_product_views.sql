-- One row per customer and product that they looked at of late.
-- How often within the days of trigger browse_abandoned, and when last?
with

triggers as (
    select * from {{ ref('triggers') }}
    where trigger_name = 'browse_abandoned'
),

events as (
    select * from {{ ref('int_events_identified') }}
    where event_type = 'product_viewed' and product_id is not null
),

final as (

    select
        events.customer_key,
        events.product_id,
        cast(count(*) as bigint) as view_count,
        max(events.occurred_at) as last_viewed_at,
        max(events.event_date) as last_view_date
    from events
    inner join triggers
        on
            {{ dbt.datediff('events.event_date', as_of_date(), 'day') }}
            < triggers.lookback_days
    group by 1, 2

)

select * from final
