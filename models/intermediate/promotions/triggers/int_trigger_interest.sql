-- One row per customer and trigger of interest (price_drop, back_in_stock) that is due.
-- Which product that they wanted is cheaper, or there again?
with

triggers as (
    select * from {{ ref('triggers') }}
),

interest as (
    select * from {{ ref('int_product_interest') }}
),

price_drops as (
    select * from {{ ref('int_price_drops') }}
),

last_purchases as (
    select * from {{ ref('int_last_purchases') }}
),

products as (
    select * from {{ ref('stg_products') }}
),

-- what is sold out is no offer, and unknown stock no reason against one; stock has no
-- dates, so what is asked for is there on the as-of day, whenever it came
fired as (

    select
        interest.customer_key,
        interest.trigger_name,
        interest.product_id,
        interest.interest_at,
        price_drops.dropped_date as event_date,
        'looked at ' || interest.product_id || ' on '
        || {{ as_text('interest.interest_date') }} || ', then '
        || {{ plain_number('price_drops.seen_unit_price') }} || ' '
        || price_drops.currency || '; lower since '
        || {{ as_text('price_drops.dropped_date') }} || ', now '
        || {{ plain_number('price_drops.latest_unit_price') }} || ' '
        || price_drops.currency as evidence
    from interest
    left join last_purchases
        on interest.customer_key = last_purchases.customer_key
    inner join price_drops
        on
            interest.product_id = price_drops.product_id
            and coalesce(last_purchases.currency, {{ reporting_currency() }})
            = price_drops.currency
            and interest.interest_date >= price_drops.seen_from
            and interest.interest_date <= price_drops.seen_to
    left join products on interest.product_id = products.product_id
    where
        interest.trigger_name = 'price_drop'
        and (products.stock_quantity is null or products.stock_quantity > 0)

    union all

    select
        interest.customer_key,
        interest.trigger_name,
        interest.product_id,
        interest.interest_at,
        {{ as_of_date() }} as event_date,
        'asked for ' || interest.product_id || ' on '
        || {{ as_text('interest.interest_date') }} || '; '
        || {{ plain_number('products.stock_quantity') }} || ' in stock on '
        || {{ as_text(as_of_date()) }} as evidence
    from interest
    inner join products on interest.product_id = products.product_id
    where interest.trigger_name = 'back_in_stock' and products.stock_quantity > 0

),

dated as (

    select
        fired.*,
        {{ due_date('fired.event_date') }} as due_date,
        {{ last_due_date('fired.event_date') }} as last_due_date
    from fired
    inner join triggers on fired.trigger_name = triggers.trigger_name

),

-- the latest news, then the latest wish
ranked as (

    select
        *,
        row_number() over (
            partition by customer_key, trigger_name
            order by
                event_date desc nulls last,
                interest_at desc nulls last,
                product_id asc nulls last
        ) as interest_rank
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
        evidence
    from ranked
    where interest_rank = 1

)

select * from final
