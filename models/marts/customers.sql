-- One row per known customer, prospects included.
-- Who are they, what have they bought, how do they behave, and what is due?
with

customers as (
    select * from {{ ref('int_customers') }}
),

segments as (
    select * from {{ ref('customer_segments') }}
),

advocacy as (
    select * from {{ ref('int_customer_advocacy') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

cadence as (
    select * from {{ ref('int_customer_cadence') }}
),

gaps as (
    select * from {{ ref('int_customer_gaps') }}
),

affinity as (
    select * from {{ ref('int_customer_affinity') }}
),

engagement as (
    select * from {{ ref('int_customer_engagement') }}
),

lifetime_value as (
    select * from {{ ref('int_customer_clv') }}
),

final as (

    select
        customers.customer_id,
        {{ as_of_date() }} as as_of_date,
        customers.first_known_at,
        customers.country,
        customers.region,
        customers.city,
        customers.acquisition_channel,
        customers.acquisition_cost_amount,
        customers.account_id,
        customers.industry,
        customers.company_size,
        segments.segment,
        segments.value_tier,
        segments.lifecycle_stage,
        segments.lifecycle_reason,
        coalesce(purchases.order_count, 0) as order_count,
        coalesce(purchases.occasion_count, 0) as order_day_count,
        purchases.first_order_date,
        purchases.last_order_date,
        purchases.recency_days,
        segments.cohort_month,
        cast(coalesce(purchases.gross_amount, 0) as numeric(18, 2)) as gross_amount,
        cast(coalesce(purchases.discount_amount, 0) as numeric(18, 2))
            as discount_amount,
        cast(coalesce(purchases.refund_amount, 0) as numeric(18, 2)) as refund_amount,
        cast(coalesce(purchases.net_revenue_amount, 0) as numeric(18, 2))
            as net_revenue_amount,
        purchases.margin_amount,
        purchases.average_order_amount,
        coalesce(cadence.cadence_status, 'unknown') as cadence_status,
        cadence.cadence_source,
        cadence.expected_gap_days,
        cadence.expected_next_order_date,
        cadence.overdue_ratio,
        gaps.median_days_between_orders,
        gaps.mean_days_between_orders,
        gaps.sd_days_between_orders,
        gaps.gap_cv,
        gaps.regularity,
        affinity.favourite_category,
        affinity.favourite_product_id,
        affinity.first_category,
        affinity.main_order_channel,
        engagement.last_event_date,
        coalesce(engagement.product_event_count_90d, 0) as product_event_count_90d,
        coalesce(engagement.email_delivered_count_90d, 0) as email_delivered_count_90d,
        coalesce(engagement.email_clicked_count_90d, 0) as email_clicked_count_90d,
        coalesce(engagement.support_contact_count_90d, 0) as support_contact_count_90d,
        advocacy.nps_score,
        advocacy.is_advocate,
        lifetime_value.probability_alive,
        lifetime_value.churn_risk,
        lifetime_value.predicted_order_count_30d,
        lifetime_value.predicted_order_count_90d,
        lifetime_value.predicted_order_count_365d,
        lifetime_value.predicted_order_amount,
        lifetime_value.predicted_revenue_365d_amount,
        lifetime_value.predicted_margin_365d_amount,
        segments.future_value_tier,
        segments.clv_reason
    from customers
    inner join segments on customers.customer_id = segments.customer_id
    inner join advocacy on customers.customer_key = advocacy.customer_key
    left join purchases on customers.customer_key = purchases.customer_key
    left join cadence on customers.customer_key = cadence.customer_key
    left join gaps on customers.customer_key = gaps.customer_key
    left join affinity on customers.customer_key = affinity.customer_key
    left join engagement on customers.customer_key = engagement.customer_key
    left join lifetime_value on customers.customer_key = lifetime_value.customer_key

)

select * from final
