-- One row per customer with at least one purchase.
-- In which calendar month did they first buy, and how far have they come since?
with

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

dated as (

    select
        customer_key,
        first_order_date,
        last_order_date,
        cast({{ dbt.date_trunc('month', 'first_order_date') }} as date) as cohort_month
    from purchases

),

final as (

    select
        customer_key,
        first_order_date,
        cohort_month,
        cast(
            {{ dbt.datediff('first_order_date', as_of_date(), 'day') }} as int
        ) as days_since_first_order,
        cast(
            {{ dbt.datediff('cohort_month', as_of_date(), 'month') }} as int
        ) as months_since_first_order,
        cast(
            {{ dbt.datediff('cohort_month', 'last_order_date', 'month') }} as int
        ) as last_active_month_number
    from dated

)

select * from final
