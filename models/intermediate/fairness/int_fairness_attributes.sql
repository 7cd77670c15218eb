-- One row per customer and protected attribute of which the shop knows something.
-- Which group is each customer in? Read by the fairness audit alone.
with

declared as (
    select * from {{ ref('stg_customer_attributes') }}
),

protected_attributes as (
    select * from {{ ref('protected_attributes') }}
),

birth_dates as (
    select * from {{ ref('stg_customer_birth_dates') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

age_bands as (
    select * from {{ ref('age_bands') }}
),

age_ranges as (

    select
        age_band,
        minimum_age_years,
        lead(minimum_age_years) over (
            order by minimum_age_years nulls last
        ) as next_age_years
    from age_bands

),

named as (

    select
        declared.customer_id,
        protected_attributes.attribute,
        protected_attributes.values_are,
        {{ slug('trim(declared.value)') }} as group_name,
        trim(declared.value) as value
    from declared
    inner join protected_attributes
        on {{ slug('trim(declared.attribute)') }} = protected_attributes.attribute

),

-- ages and years become bands; of what cannot be read nothing is known
aged as (

    select
        customer_id,
        attribute,
        floor({{ try_cast('value', 'numeric(18, 4)') }}) as age_years
    from named
    where values_are = 'years'

    union all

    select
        customer_id,
        attribute,
        extract(year from {{ as_of_date() }})
        - {{ try_cast('substr(value, 1, 4)', 'int') }} as age_years
    from named
    where values_are = 'birth_dates'

    union all

    select
        customer_id,
        'birth_date' as attribute,
        {{ full_years('birth_date', as_of_date()) }} as age_years
    from birth_dates

),

-- the same attribute may be written in two ways: one group a customer
grouped as (

    select
        customer_id,
        attribute,
        group_name
    from named
    where values_are = 'groups'

    union all

    select
        aged.customer_id,
        aged.attribute,
        age_ranges.age_band as group_name
    from aged
    inner join age_ranges
        on
            aged.age_years >= age_ranges.minimum_age_years
            and (
                aged.age_years < age_ranges.next_age_years
                or age_ranges.next_age_years is null
            )

),

final as (

    select
        customers.customer_key,
        grouped.attribute,
        min(grouped.group_name) as group_name
    from grouped
    inner join customers on grouped.customer_id = customers.customer_id
    where grouped.group_name != ''
    group by customers.customer_key, grouped.attribute

)

select * from final
