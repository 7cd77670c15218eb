-- One row per parameter group, week and age in days of customers known at the cut.
-- How many of them are that many days after their first purchase when the week ends?
with

summary as (
    select * from {{ ref('int_clv_backtest_summary') }}
),

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
),

starts as (

    select
        parameter_group,
        cast(
            {{ dbt.dateadd('day', '-clv_age_days', 'as_of_date') }} as date
        ) as first_order_date,
        count(*) as customer_count
    from summary
    group by parameter_group, clv_age_days, as_of_date

),

origin as (
    select min(first_order_date) as first_date from starts
),

-- whole weeks since the shop's first purchase in which anybody bought
weeks as (

    select distinct
        cast(floor({{ in_weeks(
            dbt.datediff('origin.first_date', 'occasions.order_date', 'day')
        ) }}) as int) + 1 as week_number,
        origin.first_date
    from occasions
    cross join origin
    where occasions.order_date >= origin.first_date

),

ended as (

    select
        week_number,
        cast(
            {{ dbt.dateadd('day', 'week_number * 7 - 1', 'first_date') }} as date
        ) as week_end_date
    from weeks

),

aged as (

    select
        starts.parameter_group,
        ended.week_number,
        ended.week_end_date,
        {{ dbt.datediff('starts.first_order_date', 'ended.week_end_date', 'day') }}
            as age_days,
        starts.customer_count
    from ended
    inner join starts on ended.week_end_date >= starts.first_order_date
    where ended.week_end_date <= {{ as_of_date() }}

),

final as (

    select
        parameter_group,
        week_number,
        week_end_date,
        cast(age_days as int) as age_days,
        cast(sum(customer_count) as bigint) as customer_count
    from aged
    group by parameter_group, week_number, week_end_date, age_days

)

select * from final
