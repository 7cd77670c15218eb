{#- What is expected of the segments is what is expected of their customers, to the
    cent. -#}
with

profiles as (
    select * from {{ ref('segment_profiles') }}
),

customers as (
    select * from {{ ref('customers') }}
),

of_segments as (

    select
        coalesce(sum(predicted_revenue_365d_amount), 0) as amount,
        count(case when revenue_at_risk_share not between 0 and 1 then 1 end)
            as impossible_count
    from profiles

),

of_customers as (

    select coalesce(sum(predicted_revenue_365d_amount), 0) as amount
    from customers

),

failures as (

    select
        of_segments.amount as segment_amount,
        of_customers.amount as customer_amount,
        of_segments.impossible_count
    from of_segments
    cross join of_customers
    where
        of_segments.amount != of_customers.amount
        or of_segments.impossible_count > 0

)

select * from failures
