-- One row per customer and day that returns every year.
-- On which day of the year were they born, and did they first order?
with

customers as (
    select * from {{ ref('int_customers') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

final as (

    select
        customer_key,
        'birthday' as trigger_name,
        birth_month_day as month_day,
        cast(null as date) as first_order_date
    from customers
    where {{ matches('birth_month_day', '^[0-9]{2}-[0-9]{2}$') }}

    union all

    select
        customer_key,
        'anniversary' as trigger_name,
        {{ month_day('first_order_date') }} as month_day,
        first_order_date
    from purchases

)

select * from final
