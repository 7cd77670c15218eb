-- One row per customer with at least one purchase.
-- How often, how much and how recently did they buy?
with

orders as (
    select * from {{ ref('int_orders_net') }}
),

-- a window of 0 days is a lifetime; a cancelled order may count, but not its money
purchases as (

    select
        customer_key,
        order_date,
        case when status = 'cancelled' then 0 else gross_amount end as gross_amount,
        case when status = 'cancelled' then 0 else discount_amount end
            as discount_amount,
        case when status = 'cancelled' then 0 else refund_amount end as refund_amount,
        net_revenue_amount,
        cost_amount,
        margin_amount,
        {{ is_in_rfm_window('order_date', as_of_date()) }} as is_in_window
    from orders
    where is_purchase

),

-- a sum with an unknown cost in it is unknown
summed as (

    select
        customer_key,
        count(*) as order_count,
        count(distinct order_date) as occasion_count,
        min(order_date) as first_order_date,
        max(order_date) as last_order_date,
        sum(gross_amount) as gross_amount,
        sum(discount_amount) as discount_amount,
        sum(refund_amount) as refund_amount,
        sum(net_revenue_amount) as net_revenue_amount,
        case when count(*) = count(cost_amount) then sum(cost_amount) end
            as cost_amount,
        case when count(*) = count(margin_amount) then sum(margin_amount) end
            as margin_amount,
        case '{{ choice("rfm_frequency", ["orders", "occasions"]) }}'
            when 'orders' then count(case when is_in_window then 1 end)
            else count(distinct case when is_in_window then order_date end)
        end as window_frequency,
        count(case when is_in_window then 1 end) as window_order_count,
        sum(case when is_in_window then net_revenue_amount end)
            as window_net_revenue_amount
    from purchases
    group by customer_key

),

final as (

    select
        customer_key,
        cast(order_count as bigint) as order_count,
        cast(occasion_count as bigint) as occasion_count,
        first_order_date,
        last_order_date,
        cast(
            {{ dbt.datediff('last_order_date', as_of_date(), 'day') }} as int
        ) as recency_days,
        cast(gross_amount as numeric(18, 2)) as gross_amount,
        cast(discount_amount as numeric(18, 2)) as discount_amount,
        cast(refund_amount as numeric(18, 2)) as refund_amount,
        cast(net_revenue_amount as numeric(18, 2)) as net_revenue_amount,
        cast(cost_amount as numeric(18, 2)) as cost_amount,
        cast(margin_amount as numeric(18, 2)) as margin_amount,
        {{ rounded(safe_divide('net_revenue_amount', 'order_count'), 18, 2) }}
            as average_order_amount,
        cast(window_frequency as bigint) as window_frequency,
        cast(
            case '{{ choice("rfm_monetary", ["total", "average"]) }}'
                when 'total' then coalesce(window_net_revenue_amount, 0)
                else
                    coalesce({{ rounded(safe_divide(
                        'window_net_revenue_amount', 'window_order_count'
                    ), 18, 2) }}, 0)
            end as numeric(18, 2)
        ) as window_monetary_amount
    from summed

)

select * from final
