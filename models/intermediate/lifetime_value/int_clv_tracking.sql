-- One row per week since the shop's first purchase, of customers known at the cut.
-- How many repeat purchases had they made by its end, and how many were expected?
with

ages as (
    select * from {{ ref('int_clv_tracking_ages') }}
),

expected_orders as (
    select * from {{ ref('int_clv_expected_orders') }}
    where known_at = 'first'
),

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
    where occasion_number > 1
),

customers as (
    select * from {{ ref('int_clv_backtest_summary') }}
),

-- nobody can come back on the very day
expected as (

    select
        ages.week_number,
        ages.week_end_date,
        count(
            case
                when
                    ages.age_days > 0
                    and expected_orders.order_count_if_alive is null
                    then 1
            end
        ) as unknown_count,
        sum(
            ages.customer_count
            * cast(expected_orders.order_count_if_alive as numeric(18, 9))
        ) as expected_repeat_count
    from ages
    left join expected_orders
        on
            ages.parameter_group = expected_orders.parameter_group
            and ages.age_days = expected_orders.horizon_days
    group by ages.week_number, ages.week_end_date

),

days as (

    select
        occasions.order_date,
        count(*) as repeat_count
    from occasions
    inner join customers on occasions.customer_key = customers.customer_key
    group by occasions.order_date

),

actual as (

    select
        expected.week_number,
        sum(days.repeat_count) as repeat_count
    from expected
    inner join days on expected.week_end_date >= days.order_date
    group by expected.week_number

),

final as (

    select
        cast(expected.week_number as int) as week_number,
        expected.week_end_date,
        expected.week_end_date > {{ clv_cut_date() }} as is_holdout,
        cast(coalesce(actual.repeat_count, 0) as bigint) as cumulative_repeat_count,
        {{ rounded(
            'case when expected.unknown_count = 0'
            ~ ' then coalesce(expected.expected_repeat_count, 0) end', 18, 2
        ) }} as cumulative_expected_count
    from expected
    left join actual on expected.week_number = actual.week_number

)

select * from final
