-- One row per threshold of the overdue ratio, from half to twice the one in use.
-- How many customers, with how much revenue, would be lapsed at another threshold?
with

customer_segments as (
    select * from {{ ref('customer_segments') }}
),

steps as (

    {{ dbt.generate_series(16) }}

),

thresholds as (

    select
        {{ var('lapsed_overdue_ratio') }} as ratio_in_use,
        {{ var('lapsed_overdue_ratio') }} * (4 + generated_number) / 10.0
            as overdue_ratio
    from steps

),

final as (

    select
        thresholds.overdue_ratio as lapsed_overdue_ratio,
        thresholds.overdue_ratio = thresholds.ratio_in_use as is_in_use,
        count(customer_segments.customer_id) as lapsed_customer_count,
        coalesce(sum(customer_segments.net_revenue_amount), 0) as net_revenue_amount
    from thresholds
    left join customer_segments
        on thresholds.overdue_ratio <= customer_segments.overdue_ratio
    group by 1, 2

)

select * from final
