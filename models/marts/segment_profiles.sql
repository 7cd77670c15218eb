-- One row per segment of the active map, empty ones included.
-- Who is in it, what is it worth, today and next year, and how do they behave?
with

cells as (
    select * from {{ ref('int_segment_cells') }}
),

customers as (
    select * from {{ ref('customers') }}
),

future as (
    select * from {{ ref('int_segment_future') }}
),

traits as (
    select * from {{ ref('int_segment_traits') }}
),

segments as (

    select distinct segment
    from cells
    where is_active

),

summed as (

    select
        segments.segment,
        count(customers.customer_id) as customer_count,
        count(case when customers.order_count > 0 then 1 end) as buyer_count,
        count(case when customers.order_day_count > 1 then 1 end) as repeat_buyer_count,
        sum(customers.order_count) as order_count,
        coalesce(sum(customers.net_revenue_amount), 0) as net_revenue_amount,
        percentile_cont(0.5) within group (
            order by customers.median_days_between_orders
        ) as median_days_between_orders,
        {% for stage in lifecycle_stages() -%}
            count(case when customers.lifecycle_stage = '{{ stage }}' then 1 end)
                as {{ stage }}_count,
        {% endfor -%}
        count(customers.nps_score) as nps_answer_count,
        avg(customers.nps_score) as mean_nps_score
    from segments
    left join customers on segments.segment = customers.segment
    group by segments.segment

),

final as (

    select
        summed.segment,
        {{ as_of_date() }} as as_of_date,
        cast(summed.customer_count as bigint) as customer_count,
        {{ rounded(
            safe_divide(
                'summed.customer_count', 'sum(summed.customer_count) over ()'
            ), 18, 6
        ) }} as customer_share,
        cast(summed.net_revenue_amount as numeric(18, 2)) as net_revenue_amount,
        {{ rounded(
            safe_divide(
                'summed.net_revenue_amount', 'sum(summed.net_revenue_amount) over ()'
            ), 28, 6
        ) }} as net_revenue_share,
        {{ rounded(
            safe_divide('summed.net_revenue_amount', 'summed.order_count'), 18, 2
        ) }} as average_order_amount,
        {{ rounded(
            safe_divide('summed.repeat_buyer_count', 'summed.buyer_count'), 18, 6
        ) }} as repeat_share,
        {{ rounded('summed.median_days_between_orders', 18, 2) }}
            as median_days_between_orders,
        {% for stage in lifecycle_stages() -%}
            {{ rounded(
                safe_divide('summed.' ~ stage ~ '_count', 'summed.customer_count'),
                18, 6
            ) }} as {{ stage }}_share,
        {% endfor -%}
        cast(summed.nps_answer_count as bigint) as nps_answer_count,
        {{ rounded(
            'case when not '
            ~ is_small_cell('summed.nps_answer_count')
            ~ ' then summed.mean_nps_score end', 18, 2
        ) }} as mean_nps_score,
        summed.nps_answer_count > 0
        and {{ is_small_cell('summed.nps_answer_count') }} as is_nps_suppressed,
        future.mean_churn_risk,
        future.predicted_order_count_365d,
        future.predicted_revenue_365d_amount,
        future.predicted_revenue_365d_share,
        future.predicted_margin_365d_amount,
        future.revenue_at_risk_share,
        traits.top_category,
        traits.top_channel,
        traits.top_country
    from summed
    left join future on summed.segment = future.segment
    left join traits on summed.segment = traits.segment

)

select * from final
