-- One row per customer and day with a purchase.
-- When did each customer buy, and how long after the time before?
with

orders as (
    select * from {{ ref('int_orders_net') }}
    where is_purchase
),

days as (

    select
        customer_key,
        order_date,
        count(*) as order_count,
        sum(net_revenue_amount) as net_revenue_amount,
        case
            when count(*) = count(margin_amount) then sum(margin_amount)
        end as margin_amount
    from orders
    group by 1, 2

),

ordered as (

    select
        days.*,
        row_number() over (
            partition by customer_key
            order by order_date
        ) as occasion_number,
        lag(order_date) over (
            partition by customer_key
            order by order_date
        ) as previous_order_date
    from days

),

final as (

    select
        customer_key,
        order_date,
        cast(order_count as int) as order_count,
        cast(net_revenue_amount as numeric(18, 2)) as net_revenue_amount,
        cast(margin_amount as numeric(18, 2)) as margin_amount,
        cast(occasion_number as int) as occasion_number,
        previous_order_date,
        cast(
            {{ dbt.datediff('previous_order_date', 'order_date', 'day') }} as int
        ) as gap_days
    from ordered

)

select * from final
