-- One row per customer with a birth date.
-- How old are customers? For audit only: the rest sees the month, the day and is_minor.
with

delivered as (
    select * from {{ ref('raw_customers') }}
),

customers as (
    select * from {{ ref('stg_customers') }}
),

-- a birth date that nobody alive can have is unknown
plausible as (

    select
        customer_id,
        birth_date,
        row_number() over (
            partition by customer_id
            order by
                updated_at desc nulls last,
                loaded_at desc nulls last,
                birth_date desc nulls last
        ) as version_number
    from delivered
    where
        birth_date between cast('1900-01-01' as date) and {{ as_of_date() }}
        and not {{ is_after_as_of('created_at') }}

),

final as (

    select
        customers.customer_id,
        plausible.birth_date
    from customers
    inner join plausible on customers.customer_id = plausible.customer_id
    where plausible.version_number = 1

)

select * from final
