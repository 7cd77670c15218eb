-- One row per customer, trigger of interest and product not bought since.
-- What did they want, and when did they last say so?
with

events as (
    select * from {{ ref('int_events_identified') }}
    where product_id is not null
),

bought as (
    select * from {{ ref('int_customer_products') }}
),

triggers as (
    select * from {{ ref('triggers') }}
    where is_enabled
),

-- the last look counts: whoever has seen a price since needs no word of it
interest as (

    select
        events.customer_key,
        triggers.trigger_name,
        events.product_id,
        max(events.occurred_at) as interest_at,
        max(events.event_date) as interest_date
    from events
    inner join triggers
        on
            (
                triggers.trigger_name = 'price_drop'
                and events.event_type in (
                    'product_viewed', 'cart_updated', 'checkout_started',
                    'wishlist_updated'
                )
            )
            or (
                triggers.trigger_name = 'back_in_stock'
                and events.event_type = 'back_in_stock_requested'
            )
    where
        {{ dbt.datediff('events.event_date', as_of_date(), 'day') }}
        < triggers.lookback_days
    group by 1, 2, 3

),

final as (

    select
        interest.customer_key,
        interest.trigger_name,
        interest.product_id,
        interest.interest_at,
        interest.interest_date
    from interest
    left join bought
        on
            interest.customer_key = bought.customer_key
            and interest.product_id = bought.product_id
            and interest.interest_at <= bought.last_ordered_at
    where bought.customer_key is null

)

select * from final
