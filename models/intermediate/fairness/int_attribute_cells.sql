-- One row per variable, value of it, protected attribute and known group.
-- How many customers of each segment, tier and region are in which group?
with

attributes as (
    select * from {{ ref('int_fairness_attributes') }}
),

segments as (
    select * from {{ ref('int_customer_segment') }}
),

lifecycle as (
    select * from {{ ref('int_customer_lifecycle') }}
),

customer_values as (
    select * from {{ ref('int_customer_value') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

described as (

    select
        segments.customer_key,
        'segment' as variable,
        segments.segment as value
    from segments

    union all

    select
        lifecycle.customer_key,
        'lifecycle_stage' as variable,
        lifecycle.lifecycle_stage as value
    from lifecycle

    union all

    select
        customer_values.customer_key,
        'value_tier' as variable,
        customer_values.value_tier as value
    from customer_values

    union all

    select
        customers.customer_key,
        'country' as variable,
        customers.country as value
    from customers

    union all

    select
        customers.customer_key,
        'region' as variable,
        customers.region as value
    from customers

    union all

    select
        customers.customer_key,
        'acquisition_channel' as variable,
        customers.acquisition_channel as value
    from customers

),

final as (

    select
        described.variable,
        described.value,
        attributes.attribute,
        attributes.group_name,
        cast(count(*) as bigint) as customer_count
    from described
    inner join attributes on described.customer_key = attributes.customer_key
    where described.value is not null and attributes.group_name != 'unknown'
    group by 1, 2, 3, 4

)

select * from final
