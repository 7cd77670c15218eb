-- One row per customer who left a cart, or else a product that they looked at.
-- What did they leave, and did they not buy after all?
with

triggers as (
    select * from {{ ref('triggers') }}
    where is_enabled
),

carts as (
    select * from {{ ref('int_customer_last_cart') }}
),

views as (
    select * from {{ ref('int_customer_product_views') }}
),

-- a pending order is an answer, also while its money is on the way
orders as (
    select * from {{ ref('int_orders_net') }}
    where status not in ('cancelled', 'test')
),

last_orders as (

    select
        customer_key,
        max(ordered_at) as last_ordered_at
    from orders
    group by 1

),

left_behind as (

    select
        customer_key,
        'cart_abandoned' as trigger_name,
        last_cart_date as event_date,
        last_cart_at as event_at,
        product_id,
        cart_event_count as event_count
    from carts

    union all

    select
        views.customer_key,
        'browse_abandoned' as trigger_name,
        views.last_view_date as event_date,
        views.last_viewed_at as event_at,
        views.product_id,
        views.view_count as event_count
    from views
    left join carts on views.customer_key = carts.customer_key
    where carts.last_cart_at is null or carts.last_cart_at < views.last_viewed_at

),

dated as (

    select
        left_behind.*,
        {{ due_date('left_behind.event_date') }} as due_date,
        {{ last_due_date('left_behind.event_date') }} as last_due_date
    from left_behind
    inner join triggers on left_behind.trigger_name = triggers.trigger_name
    left join last_orders on left_behind.customer_key = last_orders.customer_key
    where
        left_behind.event_count >= triggers.minimum_count
        and (
            last_orders.last_ordered_at is null
            or last_orders.last_ordered_at < left_behind.event_at
        )

),

-- a cart says more than a look
ranked as (

    select
        *,
        row_number() over (
            partition by customer_key
            order by
                case when trigger_name = 'cart_abandoned' then 0 else 1 end nulls last,
                due_date asc nulls last,
                event_at desc nulls last,
                product_id asc nulls last
        ) as event_rank
    from dated
    where {{ is_listed() }}

),

final as (

    select
        customer_key,
        trigger_name,
        event_date,
        due_date,
        last_due_date,
        product_id,
        case
            when trigger_name = 'cart_abandoned'
                then
                    'left ' || coalesce(product_id || ' in ', '')
                    || 'a cart or checkout on ' || {{ as_text('event_date') }}
            else
                'looked at ' || product_id || ', last on '
                || {{ as_text('event_date') }}
        end || ', ' || {{ count_of('event_count', 'event') }} || ', no order since'
            as evidence
    from ranked
    where event_rank = 1

)

select * from final
