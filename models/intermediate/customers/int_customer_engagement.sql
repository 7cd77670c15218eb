-- One row per customer with at least one event.
-- What did they look at, react to and take part in, and how recently?
with

events as (
    select * from {{ ref('int_events_identified') }}
),

dated as (

    select
        customer_key,
        event_type,
        event_date,
        event_type in ('product_viewed', 'cart_updated', 'checkout_started')
            as is_product_event,
        {{ dbt.datediff('event_date', as_of_date(), 'day') }} < 30 as is_in_30_days,
        {{ dbt.datediff('event_date', as_of_date(), 'day') }} < 90 as is_in_90_days
    from events

),

final as (

    select
        customer_key,
        max(event_date) as last_event_date,
        max(case when is_product_event then event_date end) as last_product_event_date,
        cast(count(case when is_product_event then 1 end) as bigint)
            as product_event_count,
        cast(count(case when is_product_event and is_in_30_days then 1 end) as bigint)
            as product_event_count_30d,
        cast(count(case when is_product_event and is_in_90_days then 1 end) as bigint)
            as product_event_count_90d,
        cast(count(
            case when event_type = 'email_delivered' and is_in_30_days then 1 end
        ) as bigint) as email_delivered_count_30d,
        cast(count(
            case when event_type = 'email_delivered' and is_in_90_days then 1 end
        ) as bigint) as email_delivered_count_90d,
        cast(count(
            case when event_type = 'email_clicked' and is_in_30_days then 1 end
        ) as bigint) as email_clicked_count_30d,
        cast(count(
            case when event_type = 'email_clicked' and is_in_90_days then 1 end
        ) as bigint) as email_clicked_count_90d,
        cast(count(
            case when event_type = 'support_contacted' and is_in_90_days then 1 end
        ) as bigint) as support_contact_count_90d,
        cast(count(case when event_type = 'review_posted' then 1 end) as bigint)
            as review_count,
        cast(count(case when event_type = 'content_shared' then 1 end) as bigint)
            as content_count,
        cast(count(case when event_type = 'referral_made' then 1 end) as bigint)
            as referral_count
    from dated
    group by customer_key

)

select * from final
