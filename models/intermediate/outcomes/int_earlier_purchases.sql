-- One row per customer and month end before somebody entered an experiment.
-- How recently, how often and for how much had they bought by then?
with

entries as (
    select * from {{ ref('int_experiment_entries') }}
),

orders as (
    select * from {{ ref('int_orders_net') }}
    where is_purchase
),

revenue_entries as (
    select * from {{ ref('int_revenue_entries') }}
),

month_ends as (

    select distinct {{ last_month_end('starts_at') }} as month_end
    from entries

),

known as (

    select
        month_ends.month_end,
        orders.customer_key,
        orders.order_date,
        {{ is_in_rfm_window('orders.order_date', 'month_ends.month_end') }}
            as is_in_window
    from month_ends
    inner join orders on month_ends.month_end >= orders.order_date

),

bought as (

    select
        month_end,
        customer_key,
        max(order_date) as last_order_date,
        count(case when is_in_window then 1 end) as order_count,
        count(distinct case when is_in_window then order_date end) as occasion_count
    from known
    group by month_end, customer_key

),

-- refunds as they were known then
earned as (

    select
        month_ends.month_end,
        revenue_entries.customer_key,
        sum(revenue_entries.net_amount) as net_amount
    from month_ends
    inner join revenue_entries
        on
            month_ends.month_end >= revenue_entries.entry_date
            and {{ is_in_rfm_window(
                'revenue_entries.entry_date', 'month_ends.month_end'
            ) }}
    group by month_ends.month_end, revenue_entries.customer_key

),

final as (

    select
        bought.customer_key,
        cast(bought.month_end as date) as month_end,
        cast(
            {{ dbt.datediff(
                'bought.last_order_date', 'bought.month_end', 'day'
            ) }} as int
        ) as recency_days,
        cast(
            case '{{ choice("rfm_frequency", ["orders", "occasions"]) }}'
                when 'orders' then bought.order_count
                else bought.occasion_count
            end as bigint
        ) as frequency,
        cast(
            case '{{ choice("rfm_monetary", ["total", "average"]) }}'
                when 'total' then coalesce(earned.net_amount, 0)
                else
                    coalesce({{ rounded(safe_divide(
                        'earned.net_amount', 'bought.order_count'
                    ), 18, 2) }}, 0)
            end as numeric(18, 2)
        ) as monetary_amount
    from bought
    left join earned
        on
            bought.month_end = earned.month_end
            and bought.customer_key = earned.customer_key

)

select * from final
