-- One row per known customer, prospects included.
-- Which segment are they in, by which rule, how do they stand, and what is to come?
with

customers as (
    select * from {{ ref('int_customers') }}
),

segments as (
    select * from {{ ref('int_customer_segment') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

value_tiers as (
    select * from {{ ref('int_customer_value') }}
),

lifecycle as (
    select * from {{ ref('int_customer_lifecycle') }}
),

cadence as (
    select * from {{ ref('int_customer_cadence') }}
),

cohorts as (
    select * from {{ ref('int_customer_cohort') }}
),

lifetime_value as (
    select * from {{ ref('int_customer_clv') }}
),

contactable as (

    select
        customer_key,
        {{ dbt.bool_or('is_permitted') }} as is_contactable
    from {{ ref('int_customer_channels') }}
    group by customer_key

),

final as (

    select
        customers.customer_id,
        {{ as_of_date() }} as as_of_date,
        segments.segment,
        segments.segment_reason,
        segments.recency_score,
        segments.frequency_score,
        segments.monetary_score,
        segments.rfm_code,
        purchases.recency_days,
        coalesce(purchases.order_count, 0) as order_count,
        cast(coalesce(purchases.net_revenue_amount, 0) as numeric(18, 2))
            as net_revenue_amount,
        value_tiers.value_tier,
        lifecycle.lifecycle_stage,
        lifecycle.lifecycle_reason,
        coalesce(cadence.cadence_status, 'unknown') as cadence_status,
        cadence.cadence_source,
        cadence.median_days_between_orders,
        cadence.expected_next_order_date,
        cadence.overdue_ratio,
        cohorts.cohort_month,
        lifetime_value.probability_alive,
        lifetime_value.churn_risk,
        lifetime_value.predicted_order_count_365d,
        lifetime_value.predicted_revenue_365d_amount,
        coalesce(lifetime_value.future_value_tier, 'none') as future_value_tier,
        coalesce(lifetime_value.clv_reason, 'no_purchase') as clv_reason,
        coalesce(contactable.is_contactable, false) as is_contactable
    from customers
    inner join segments on customers.customer_key = segments.customer_key
    inner join value_tiers on customers.customer_key = value_tiers.customer_key
    inner join lifecycle on customers.customer_key = lifecycle.customer_key
    left join purchases on customers.customer_key = purchases.customer_key
    left join cadence on customers.customer_key = cadence.customer_key
    left join cohorts on customers.customer_key = cohorts.customer_key
    left join contactable on customers.customer_key = contactable.customer_key
    left join lifetime_value on customers.customer_key = lifetime_value.customer_key

)

select * from final
