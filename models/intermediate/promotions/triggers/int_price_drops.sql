-- One row per product, currency and day with a price that has since dropped far enough.
-- Who saw which price, and when did it drop?
with

prices as (
    select * from {{ ref('int_product_prices') }}
),

price_drop as (

    select
        lookback_days,
        threshold
    from {{ ref('triggers') }}
    where trigger_name = 'price_drop' and is_enabled

),

-- a price is seen from its day until the day before the next one
spans as (

    select
        product_id,
        currency,
        unit_price,
        price_date,
        lead(price_date) over (
            partition by product_id, currency
            order by price_date nulls last
        ) as next_price_date
    from prices

),

latest as (

    select
        product_id,
        currency,
        unit_price
    from prices
    where is_latest

),

-- of those that somebody saw within the days that count, the ones now low enough
dropped as (

    select
        spans.product_id,
        spans.currency,
        spans.price_date,
        spans.next_price_date,
        spans.unit_price,
        latest.unit_price as latest_unit_price,
        spans.unit_price * (1 - price_drop.threshold) as limit_price
    from spans
    inner join latest
        on
            spans.product_id = latest.product_id
            and spans.currency = latest.currency
    cross join price_drop
    where
        {{ dbt.datediff('spans.next_price_date', as_of_date(), 'day') }} + 1
        < price_drop.lookback_days
        and latest.unit_price <= spans.unit_price * (1 - price_drop.threshold)

),

-- after the last price that was dearer than that: at least the one that they saw
dearer as (

    select
        dropped.product_id,
        dropped.currency,
        dropped.price_date,
        max(spans.next_price_date) as dropped_date
    from dropped
    inner join spans
        on
            dropped.product_id = spans.product_id
            and dropped.currency = spans.currency
            and dropped.limit_price < spans.unit_price
    group by 1, 2, 3

),

final as (

    select
        dropped.product_id,
        dropped.currency,
        dropped.price_date as seen_from,
        cast(
            {{ dbt.dateadd('day', -1, 'dropped.next_price_date') }} as date
        ) as seen_to,
        dropped.unit_price as seen_unit_price,
        dropped.latest_unit_price,
        dearer.dropped_date
    from dropped
    inner join dearer
        on
            dropped.product_id = dearer.product_id
            and dropped.currency = dearer.currency
            and dropped.price_date = dearer.price_date

)

select * from final
