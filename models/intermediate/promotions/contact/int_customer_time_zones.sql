-- One row per known customer.
-- In which time zone do they live, as far as their country says?
with

customers as (
    select * from {{ ref('int_customers') }}
),

countries as (
    select * from {{ ref('country_time_zones') }}
),

final as (

    select
        customers.customer_key,
        coalesce(
            countries.time_zone, '{{ setting("business_timezone") }}'
        ) as time_zone
    from customers
    left join countries
        on upper(customers.country) = countries.country

)

select * from final
