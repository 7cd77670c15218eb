-- One row per customer with a purchase up to the cut.
-- What did the rules that need no model know about them on that day?
with

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
    where order_date <= {{ clv_cut_date() }}
),

first_return as (
    select * from {{ ref('int_clv_backtest_first_return') }}
),

customers as (

    select
        customer_key,
        count(*) as occasion_count,
        sum(order_count) as order_count,
        sum(net_revenue_amount) as net_revenue_amount,
        max(order_date) as last_order_date,
        count(
            case
                when order_date > {{ dbt.dateadd('year', -1, clv_cut_date()) }}
                    then 1
            end
        ) as last_year_occasion_count,
        count(gap_days) as gap_count,
        {{ rounded('percentile_cont(0.5) within group (order by gap_days)', 18, 2) }}
            as median_gap
    from occasions
    group by customer_key

),

shop as (
    select percentile_cont(0.5) within group (order by gap_days) as median_gap
    from occasions
),

dated as (

    select
        customers.*,
        shop.median_gap as shop_gap,
        first_return.adjusted_median_days as first_return_gap,
        {{ dbt.datediff('customers.last_order_date', clv_cut_date(), 'day') }}
            as recency_days
    from customers
    cross join shop
    cross join first_return

),

final as (

    select
        customer_key,
        cast(occasion_count as bigint) as occasion_count,
        cast(order_count as bigint) as order_count,
        cast(net_revenue_amount as numeric(18, 2)) as net_revenue_amount,
        cast(recency_days as int) as recency_days,
        cast(last_year_occasion_count as bigint) as last_year_occasion_count,
        {{ rounded(
            safe_divide(
                'recency_days',
                expected_gap('gap_count', 'median_gap', 'shop_gap', 'first_return_gap')
            ), 18, 4
        ) }} as overdue_ratio
    from dated

)

select * from final
