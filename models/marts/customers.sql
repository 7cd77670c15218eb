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

buying as (
    select * from {{ ref('int_customer_buying') }}
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
        coalesce(buying.order_count, 0) as order_count,
        coalesce(buying.occasion_count, 0) as order_day_count,
        buying.first_order_date,
        buying.last_order_date,
        buying.recency_days,
        segments.cohort_month,
        cast(coalesce(buying.gross_amount, 0) as numeric(18, 2)) as gross_amount,
        cast(coalesce(buying.discount_amount, 0) as numeric(18, 2))
            as discount_amount,
        cast(coalesce(buying.refund_amount, 0) as numeric(18, 2)) as refund_amount,
        cast(coalesce(buying.net_revenue_amount, 0) as numeric(18, 2))
            as net_revenue_amount,
        buying.margin_amount,
        buying.average_order_amount,
        coalesce(buying.cadence_status, 'unknown') as cadence_status,
        buying.cadence_source,
        buying.expected_gap_days,
        buying.expected_next_order_date,
        buying.overdue_ratio,
        buying.median_days_between_orders,
        buying.mean_days_between_orders,
        buying.sd_days_between_orders,
        buying.gap_cv,
        buying.regularity,
        buying.favourite_category,
        buying.favourite_product_id,
        buying.first_category,
        buying.main_order_channel,
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
    left join buying on customers.customer_key = buying.customer_key
    left join engagement on customers.customer_key = engagement.customer_key
    left join lifetime_value on customers.customer_key = lifetime_value.customer_key

)

select * from final
