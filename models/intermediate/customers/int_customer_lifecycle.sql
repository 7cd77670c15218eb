-- One row per known customer.
-- Which one of the six lifecycle stages are they in, and why?
with

customers as (
    select * from {{ ref('int_customers') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

cadence as (
    select * from {{ ref('int_customer_cadence') }}
),

engagement as (
    select * from {{ ref('int_customer_engagement') }}
),

advocacy as (
    select * from {{ ref('int_customer_advocacy') }}
),

joined as (

    select
        customers.customer_key,
        coalesce(purchases.occasion_count, 0) as occasion_count,
        coalesce(engagement.product_event_count, 0) as product_event_count,
        advocacy.is_advocate,
        advocacy.advocacy_reason,
        coalesce(cadence.cadence_status = 'lapsed', false) as is_lapsed,
        cast(purchases.occasion_count as {{ dbt.type_string() }}) as occasion_text,
        cast(purchases.recency_days as {{ dbt.type_string() }}) as recency_text,
        cast(cadence.expected_gap_days as {{ dbt.type_string() }}) as expected_text
    from customers
    inner join advocacy on customers.customer_key = advocacy.customer_key
    left join purchases on customers.customer_key = purchases.customer_key
    left join cadence on customers.customer_key = cadence.customer_key
    left join engagement on customers.customer_key = engagement.customer_key

),

staged as (

    select
        *,
        case
            when occasion_count = 0 and product_event_count = 0 then 'awareness'
            when occasion_count = 0 then 'consideration'
            when is_lapsed then 'lapsed'
            when occasion_count = 1 then 'purchase'
            when is_advocate then 'advocacy'
            else 'retention'
        end as lifecycle_stage
    from joined

),

final as (

    select
        customer_key,
        lifecycle_stage,
        case lifecycle_stage
            when 'awareness' then 'known, and has not looked at a product'
            when 'consideration' then 'looked at products and has not bought'
            when 'lapsed'
                then
                    'last order ' || recency_text || ' days ago, where '
                    || expected_text || ' are expected between orders'
            when 'purchase' then 'ordered on one day, and is not lapsed'
            when 'advocacy'
                then
                    'ordered on ' || occasion_text || ' days, is not lapsed, and '
                    || advocacy_reason
            else 'ordered on ' || occasion_text || ' days, and is not lapsed'
        end as lifecycle_reason
    from staged

)

select * from final
