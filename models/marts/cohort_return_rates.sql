-- One row per cohort (calendar month of the first order) and retention window.
-- Of those who have reached the window's end, how many ordered again within it?
with

cohorts as (
    select * from {{ ref('int_customer_cohort') }}
),

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
),

windows as (
    select * from {{ ref('retention_windows') }}
),

cohort_windows as (

    select
        cohorts.cohort_month,
        windows.window_name,
        windows.window_type,
        windows.from_day,
        windows.to_day,
        count(*) as cohort_customer_count,
        count(
            case
                when
                    cohorts.days_since_first_order
                    >= coalesce(windows.to_day, windows.from_day)
                    then 1
            end
        ) as reached_customer_count
    from cohorts
    cross join windows
    group by 1, 2, 3, 4, 5

),

returns as (

    select
        cohorts.cohort_month,
        cohorts.days_since_first_order,
        {{ dbt.datediff(
            'cohorts.first_order_date', 'occasions.previous_order_date', 'day'
        ) }} as previous_day,
        {{ dbt.datediff('cohorts.first_order_date', 'occasions.order_date', 'day') }}
            as return_day
    from occasions
    inner join cohorts on occasions.customer_key = cohorts.customer_key
    where occasions.previous_order_date is not null

),

-- only the first order on or after a window's first day can open it, so that each
-- customer counts once
returned as (

    select
        returns.cohort_month,
        windows.window_name,
        count(*) as returned_customer_count
    from returns
    inner join windows
        on
            returns.previous_day < windows.from_day
            and returns.return_day >= windows.from_day
            and returns.return_day <= coalesce(windows.to_day, returns.return_day)
            and returns.days_since_first_order
            >= coalesce(windows.to_day, windows.from_day)
    group by 1, 2

),

joined as (

    select
        cohort_windows.*,
        case
            when cohort_windows.reached_customer_count > 0
                then coalesce(returned.returned_customer_count, 0)
        end as returned_customer_count
    from cohort_windows
    left join returned
        on
            cohort_windows.cohort_month = returned.cohort_month
            and cohort_windows.window_name = returned.window_name

),

final as (

    select
        cohort_month,
        window_name,
        window_type,
        cast(from_day as int) as from_day,
        cast(to_day as int) as to_day,
        cast(cohort_customer_count as bigint) as cohort_customer_count,
        cast(reached_customer_count as bigint) as reached_customer_count,
        cast(returned_customer_count as bigint) as returned_customer_count,
        {{ rounded(
            safe_divide('returned_customer_count', 'reached_customer_count'), 18, 6
        ) }} as return_share
    from joined

)

select * from final
