-- One row per customer and protected attribute of which the shop knows something.
-- Which group is each customer in? Read by the fairness audit alone.
with

declared as (
    select * from {{ ref('int_fairness_declared') }}
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

declared_ages as (

    select count(*) as row_count
    from declared
    where values_are != 'groups'

),

-- ages and years become bands; of what cannot be read nothing is known;
-- dates of birth speak only where the shop says nothing of ages itself
aged as (

    select
        customer_id,
        attribute,
        floor({{ try_cast('value', 'numeric(18, 4)') }}) as age_years
    from declared
    where values_are = 'years'

    union all

    select
        customer_id,
        attribute,
        extract(year from {{ as_of_date() }})
        - {{ try_cast('substr(value, 1, 4)', 'int') }} as age_years
    from declared
    where values_are = 'birth_dates'

    union all

    select
        birth_dates.customer_id,
        'birth_date' as attribute,
        {{ full_years('birth_dates.birth_date', as_of_date()) }} as age_years
    from birth_dates
    cross join declared_ages
    where declared_ages.row_count = 0

),

grouped as (

    select
        customer_id,
        attribute,
        {{ slug('value') }} as group_name
    from declared
    where values_are in ('groups', 'age_groups')

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
        grouped.group_name
    from grouped
    inner join customers on grouped.customer_id = customers.customer_id

)

select * from final
