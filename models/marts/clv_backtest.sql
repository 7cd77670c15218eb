-- One row per breakdown and band: all customers, deciles, segments, parameter groups.
-- How near was what was predicted at the cut to what then happened?
with

customers as (
    select * from {{ ref('int_clv_backtest') }}
),

-- the tenth decile is the one of whom least was expected
banded as (

    select
        'all' as breakdown,
        'all' as band,
        customers.*
    from customers

    union all

    select
        'decile' as breakdown,
        lpad(cast(predicted_decile as {{ dbt.type_string() }}), 2, '0') as band,
        customers.*
    from customers
    where predicted_decile is not null

    union all

    select
        'segment' as breakdown,
        segment as band,
        customers.*
    from customers

    union all

    select
        'parameter_group' as breakdown,
        parameter_group as band,
        customers.*
    from customers

),

-- who has no prediction is counted, and compared with nothing
summed as (

    select
        breakdown,
        band,
        count(*) as customer_count,
        count(predicted_order_count) as predicted_customer_count,
        sum(predicted_order_count) as predicted_order_count,
        sum(actual_order_count) as actual_order_count,
        sum(case when predicted_order_count is not null then actual_order_count end)
            as compared_order_count,
        sum(purchase_probability) as predicted_buyer_count,
        count(case when actual_order_count > 0 then 1 end) as actual_buyer_count,
        sum(predicted_revenue_amount) as predicted_revenue_amount,
        sum(actual_revenue_amount) as actual_revenue_amount,
        sum(abs(error_order_count)) as absolute_error_sum,
        sum(error_order_count * error_order_count) as squared_error_sum,
        min(case when predicted_order_count is null then clv_reason end) as clv_reason
    from banded
    group by breakdown, band

),

final as (

    select
        breakdown,
        band,
        {{ clv_cut_date() }} as cut_date,
        {{ as_of_date() }} as as_of_date,
        cast(customer_count as bigint) as customer_count,
        cast(predicted_customer_count as bigint) as predicted_customer_count,
        {{ rounded('predicted_order_count', 18, 2) }} as predicted_order_count,
        cast(actual_order_count as bigint) as actual_order_count,
        {{ rounded(
            safe_divide('predicted_order_count', 'compared_order_count'), 18, 6
        ) }} as calibration_ratio,
        {{ rounded(
            safe_divide('predicted_order_count', 'predicted_customer_count'), 18, 6
        ) }} as predicted_orders_per_customer,
        cast(
            {{ safe_divide('actual_order_count', 'customer_count') }}
            as numeric(18, 6)
        ) as actual_orders_per_customer,
        {{ rounded(
            safe_divide('absolute_error_sum', 'predicted_customer_count'), 18, 6
        ) }} as mean_absolute_error,
        {{ rounded(
            'sqrt('
            ~ safe_divide('squared_error_sum', 'predicted_customer_count')
            ~ ')', 18, 6
        ) }} as root_mean_squared_error,
        {{ rounded('predicted_buyer_count', 18, 2) }} as predicted_buyer_count,
        cast(actual_buyer_count as bigint) as actual_buyer_count,
        {{ rounded('predicted_revenue_amount', 18, 2) }} as predicted_revenue_amount,
        cast(actual_revenue_amount as numeric(18, 2)) as actual_revenue_amount,
        clv_reason
    from summed

)

select * from final
