-- One row per calendar month and kind of movement that happened in it.
-- How many customers came, went and came back?
with

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

-- who has not bought for churn_days is gone from the day after
gaps as (

    select
        order_date,
        previous_order_date,
        cast(
            {{ dbt.dateadd('day', var('churn_days') + 1, 'previous_order_date') }}
            as date
        ) as gone_date
    from occasions

),

last_orders as (

    select
        cast(
            {{ dbt.dateadd('day', var('churn_days') + 1, 'last_order_date') }} as date
        ) as gone_date
    from purchases

),

monthly_gaps as (

    select
        previous_order_date is null as is_first,
        cast({{ dbt.date_trunc('month', 'order_date') }} as date) as order_month,
        cast({{ dbt.date_trunc('month', 'gone_date') }} as date) as gone_month
    from gaps

),

-- who is back by the end of the month in which they would have gone never went
movements as (

    select
        order_month as ledger_month,
        case when is_first then 'new' else 'reactivated' end as movement
    from monthly_gaps
    where is_first or gone_month < order_month

    union all

    select
        gone_month as ledger_month,
        'churned' as movement
    from monthly_gaps
    where gone_month < order_month

    union all

    select
        cast({{ dbt.date_trunc('month', 'gone_date') }} as date) as ledger_month,
        'churned' as movement
    from last_orders
    where gone_date <= {{ as_of_date() }}

),

final as (

    select
        ledger_month,
        movement,
        cast(count(*) as bigint) as customer_count
    from movements
    group by ledger_month, movement

)

select * from final
