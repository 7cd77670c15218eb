{#- One net revenue: by entry, order, customer, segment and cohort, to the cent. -#}
with

entries as (
    select coalesce(sum(net_amount), 0) as amount
    from {{ ref('int_revenue_entries') }}
),

orders as (
    select coalesce(sum(net_revenue_amount), 0) as amount
    from {{ ref('int_orders_net') }}
),

customers as (
    select coalesce(sum(net_revenue_amount), 0) as amount
    from {{ ref('customers') }}
),

segments as (
    select coalesce(sum(net_revenue_amount), 0) as amount
    from {{ ref('segment_profiles') }}
),

cohorts as (
    select coalesce(sum(net_revenue_amount), 0) as amount
    from {{ ref('cohort_retention') }}
),

failures as (

    select
        entries.amount as entries_amount,
        orders.amount as orders_amount,
        customers.amount as customers_amount,
        segments.amount as segments_amount,
        cohorts.amount as cohorts_amount
    from entries
    cross join orders
    cross join customers
    cross join segments
    cross join cohorts
    where
        entries.amount != orders.amount
        or entries.amount != customers.amount
        or entries.amount != segments.amount
        or entries.amount != cohorts.amount

)

select * from failures
