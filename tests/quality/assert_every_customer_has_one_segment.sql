{#- int_customers, both customer marts and segment_profiles are the same people. -#}
with

known as (
    select count(*) as customer_count from {{ ref('int_customers') }}
),

segmented as (
    select count(segment) as customer_count from {{ ref('customer_segments') }}
),

described as (
    select count(segment) as customer_count from {{ ref('customers') }}
),

profiled as (
    select coalesce(sum(customer_count), 0) as customer_count
    from {{ ref('segment_profiles') }}
),

failures as (

    select
        known.customer_count as known_count,
        segmented.customer_count as segmented_count,
        described.customer_count as described_count,
        profiled.customer_count as profiled_count
    from known
    cross join segmented
    cross join described
    cross join profiled
    where
        known.customer_count != segmented.customer_count
        or known.customer_count != described.customer_count
        or known.customer_count != profiled.customer_count

)

select * from failures
