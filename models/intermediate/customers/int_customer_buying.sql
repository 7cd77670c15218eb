-- One row per customer with at least one purchase.
-- What have they bought, of what, and in which rhythm?
with

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

final as (

    select
        purchases.customer_key,
        purchases.order_count,
        purchases.occasion_count,
        purchases.first_order_date,
        purchases.last_order_date,
        purchases.recency_days,
        purchases.gross_amount,
        purchases.discount_amount,
        purchases.refund_amount,
        purchases.net_revenue_amount,
        purchases.margin_amount,
        purchases.average_order_amount,
        cadence.cadence_status,
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
        affinity.main_order_channel
    from purchases
    left join cadence on purchases.customer_key = cadence.customer_key
    left join gaps on purchases.customer_key = gaps.customer_key
    left join affinity on purchases.customer_key = affinity.customer_key

)

select * from final
