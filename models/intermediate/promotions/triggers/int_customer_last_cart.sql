-- One row per customer with a cart or a checkout.
-- When did they last have one, and what was put into it last?
with

events as (
    select * from {{ ref('int_events_identified') }}
    where event_type in ('cart_updated', 'checkout_started')
),

dated as (

    select
        *,
        max(event_date) over (partition by customer_key) as last_cart_date
    from events

),

-- events that name a product come first, the latest of them at the top
last_days as (

    select
        *,
        row_number() over (
            partition by customer_key
            order by
                case when product_id is null then 1 else 0 end nulls last,
                occurred_at desc nulls last,
                product_id asc nulls last,
                event_id asc nulls last
        ) as product_rank
    from dated
    where event_date = last_cart_date

),

final as (

    select
        customer_key,
        last_cart_date,
        max(occurred_at) as last_cart_at,
        cast(count(*) as bigint) as cart_event_count,
        max(case when product_rank = 1 then product_id end) as product_id
    from last_days
    group by 1, 2

)

select * from final
