-- One row per customer and promotion of whose conditions the customer fails one.
-- Which condition of the promotion does the customer not meet?
with

conditions as (
    select * from {{ ref('promotion_conditions') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

reasons as (
    select * from {{ ref('decision_reasons') }}
),

-- some value of a condition is needed, or those that are named are excluded
asked as (

    select
        promotion_id,
        condition,
        {{ dbt.bool_or('not is_excluded') }} as is_needed
    from conditions
    group by promotion_id, condition

),

customer_values as (

    select
        customer_key,
        'country' as condition,
        country as value
    from customers

    union all

    select
        customer_key,
        'category' as condition,
        category as value
    from {{ ref('int_customer_products') }}

    union all

    select
        customer_key,
        'audience' as condition,
        audience_name as value
    from {{ ref('int_customer_audiences') }}

),

met as (

    select
        customer_values.customer_key,
        conditions.promotion_id,
        conditions.condition,
        {{ dbt.bool_or('conditions.is_excluded') }} as has_excluded,
        {{ dbt.bool_or('not conditions.is_excluded') }} as has_needed
    from conditions
    inner join customer_values
        on
            conditions.condition = customer_values.condition
            and lower(conditions.value) = lower(customer_values.value)
    group by
        customer_values.customer_key,
        conditions.promotion_id,
        conditions.condition

),

failed as (

    select
        customers.customer_key,
        asked.promotion_id,
        min(reasons.precedence) as precedence
    from asked
    inner join reasons on 'other_' || asked.condition = reasons.reason
    cross join customers
    left join met
        on
            customers.customer_key = met.customer_key
            and asked.promotion_id = met.promotion_id
            and asked.condition = met.condition
    where
        coalesce(met.has_excluded, false)
        or (asked.is_needed and not coalesce(met.has_needed, false))
    group by customers.customer_key, asked.promotion_id

),

final as (

    select
        failed.customer_key,
        failed.promotion_id,
        reasons.reason as ineligible_reason
    from failed
    inner join reasons on failed.precedence = reasons.precedence

)

select * from final
