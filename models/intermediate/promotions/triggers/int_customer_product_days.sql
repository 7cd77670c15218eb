-- One row per customer, product and day on which they bought and kept it.
-- How many units, and how long after how many the time before?
with

purchases as (
    select * from {{ ref('int_orders_net') }}
    where {{ is_kept_purchase() }}
),

order_items as (
    select * from {{ ref('stg_order_items') }}
),

-- lines and orders of one day are one purchase of the product
days as (

    select
        purchases.customer_key,
        order_items.product_id,
        purchases.order_date,
        sum(order_items.quantity) as unit_count
    from purchases
    inner join order_items on purchases.order_id = order_items.order_id
    group by 1, 2, 3

),

ordered as (

    select
        *,
        lag(order_date) over (
            partition by customer_key, product_id
            order by order_date asc nulls last
        ) as previous_order_date,
        lag(unit_count) over (
            partition by customer_key, product_id
            order by order_date asc nulls last
        ) as previous_unit_count,
        lead(order_date) over (
            partition by customer_key, product_id
            order by order_date asc nulls last
        ) as next_order_date
    from days

),

final as (

    select
        customer_key,
        product_id,
        order_date,
        cast(unit_count as numeric(28, 4)) as unit_count,
        cast(
            {{ dbt.datediff('previous_order_date', 'order_date', 'day') }} as int
        ) as gap_days,
        cast(previous_unit_count as numeric(28, 4)) as previous_unit_count,
        next_order_date is null as is_last
    from ordered

)

select * from final
