-- One row per segment and lifecycle stage.
-- Where are the customers, where is the money, and who of them is late?
with

customer_segments as (
    select * from {{ ref('customer_segments') }}
),

sizes as (

    select
        segment,
        lifecycle_stage,
        count(*) as customer_count,
        count(case when cadence_status in ('late', 'at_risk') then 1 end)
            as late_customer_count,
        sum(net_revenue_amount) as net_revenue_amount
    from customer_segments
    group by 1, 2

),

final as (

    select
        segment,
        lifecycle_stage,
        customer_count,
        {{ safe_divide('customer_count', 'sum(customer_count) over ()') }}
            as customer_share,
        {{ safe_divide('late_customer_count', 'customer_count') }} as late_share,
        net_revenue_amount,
        {{ safe_divide('net_revenue_amount', 'sum(net_revenue_amount) over ()') }}
            as net_revenue_share
    from sizes

)

select * from final
