-- One row per segment of the active map, empty ones included.
-- Who is in it, what is it worth, how does it behave, and how content is it?
with

cells as (
    select * from {{ ref('int_segment_cells') }}
),

customers as (
    select * from {{ ref('customers') }}
),

traits as (
    select * from {{ ref('int_segment_traits') }}
),

segments as (

    select distinct segment
    from cells
    where is_active

),

totals as (

    select
        count(*) as all_customer_count,
        sum(net_revenue_amount) as all_net_revenue_amount
    from customers

),

summed as (

    select
        segment,
        count(*) as customer_count,
        count(*) filter (where order_count > 0) as buyer_count,
        count(*) filter (where order_day_count > 1) as repeat_buyer_count,
        sum(order_count) as order_count,
        sum(net_revenue_amount) as net_revenue_amount,
        percentile_cont(0.5) within group (order by median_days_between_orders)
            as median_days_between_orders,
        count(*) filter (where lifecycle_stage = 'awareness') as awareness_count,
        count(*) filter (where lifecycle_stage = 'consideration')
            as consideration_count,
        count(*) filter (where lifecycle_stage = 'purchase') as purchase_count,
        count(*) filter (where lifecycle_stage = 'retention') as retention_count,
        count(*) filter (where lifecycle_stage = 'advocacy') as advocacy_count,
        count(*) filter (where lifecycle_stage = 'lapsed') as lapsed_count,
        count(nps_score) as nps_answer_count,
        avg(nps_score) as mean_nps_score
    from customers
    group by segment

),

final as (

    select
        segments.segment,
        {{ as_of_date() }} as as_of_date,
        cast(coalesce(summed.customer_count, 0) as bigint) as customer_count,
        cast(
            {{ safe_divide('coalesce(summed.customer_count, 0)', 'totals.all_customer_count') }} as numeric(18, 6)
        ) as customer_share,
        cast(coalesce(summed.net_revenue_amount, 0) as numeric(18, 2))
            as net_revenue_amount,
        cast(
            {{ safe_divide('coalesce(summed.net_revenue_amount, 0)', 'totals.all_net_revenue_amount') }} as numeric(28, 6)
        ) as net_revenue_share,
        cast(
            {{ safe_divide('summed.net_revenue_amount', 'summed.order_count') }}
            as numeric(18, 2)
        ) as average_order_amount,
        cast(
            {{ safe_divide('summed.repeat_buyer_count', 'summed.buyer_count') }} as numeric(18, 6)
        ) as repeat_share,
        cast(summed.median_days_between_orders as numeric(18, 2))
            as median_days_between_orders,
        cast(
            {{ safe_divide('summed.awareness_count', 'summed.customer_count') }} as numeric(18, 6)
        ) as awareness_share,
        cast(
            {{ safe_divide('summed.consideration_count', 'summed.customer_count') }} as numeric(18, 6)
        ) as consideration_share,
        cast(
            {{ safe_divide('summed.purchase_count', 'summed.customer_count') }} as numeric(18, 6)
        ) as purchase_share,
        cast(
            {{ safe_divide('summed.retention_count', 'summed.customer_count') }} as numeric(18, 6)
        ) as retention_share,
        cast(
            {{ safe_divide('summed.advocacy_count', 'summed.customer_count') }} as numeric(18, 6)
        ) as advocacy_share,
        cast(
            {{ safe_divide('summed.lapsed_count', 'summed.customer_count') }} as numeric(18, 6)
        ) as lapsed_share,
        cast(coalesce(summed.nps_answer_count, 0) as bigint) as nps_answer_count,
        cast(summed.mean_nps_score as numeric(18, 2)) as mean_nps_score,
        traits.top_category,
        traits.top_channel,
        traits.top_country
    from segments
    cross join totals
    left join summed on segments.segment = summed.segment
    left join traits on segments.segment = traits.segment

)

select * from final
