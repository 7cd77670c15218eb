-- One row per event that belongs to a customer.
-- What did each customer do, also before we knew who it was?
with

events as (
    select * from {{ ref('stg_events') }}
),

links as (

    select anonymous_id, customer_id
    from {{ ref('stg_identities') }}
    where not is_ambiguous

),

customers as (
    select * from {{ ref('int_customers') }}
),

final as (

    select
        events.event_id,
        customers.customer_key,
        events.occurred_at,
        {{ business_date('events.occurred_at') }} as event_date,
        events.event_type,
        events.channel,
        events.product_id
    from events
    left join links
        on events.anonymous_id = links.anonymous_id
    inner join customers
        on coalesce(events.customer_id, links.customer_id) = customers.customer_id

)

select * from final
