-- One row per customer with a purchase up to the cut and measure: recency, frequency,
-- monetary. What was scored on that day?
with

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
    where order_date <= {{ clv_cut_date() }}
),

-- a window of 0 days is a lifetime
aged as (

    select
        *,
        {{ dbt.datediff('order_date', clv_cut_date(), 'day') }} as age_days,
        (
            {{ var('rfm_window_days') }} = 0
            or {{ dbt.datediff('order_date', clv_cut_date(), 'day') }}
            < {{ var('rfm_window_days') }}
        ) as is_in_window
    from occasions

),

purchases as (

    select
        customer_key,
        min(age_days) as recency_days,
        coalesce(sum(case when is_in_window then order_count end), 0) as order_count,
        count(case when is_in_window then 1 end) as occasion_count,
        coalesce(sum(case when is_in_window then net_revenue_amount end), 0)
            as net_revenue_amount
    from aged
    group by customer_key

),

-- the higher the better, in all three
measures as (

    select
        customer_key,
        'recency' as measure,
        cast(-recency_days as numeric(18, 2)) as measure_value
    from purchases

    union all

    select
        customer_key,
        'frequency' as measure,
        cast(
            case '{{ choice("rfm_frequency", ["orders", "occasions"]) }}'
                when 'orders' then order_count
                else occasion_count
            end as numeric(18, 2)
        ) as measure_value
    from purchases

    union all

    select
        customer_key,
        'monetary' as measure,
        cast(
            case '{{ choice("rfm_monetary", ["total", "average"]) }}'
                when 'total' then net_revenue_amount
                else
                    coalesce({{ rounded(safe_divide(
                        'net_revenue_amount', 'order_count'
                    ), 18, 2) }}, 0)
            end as numeric(18, 2)
        ) as measure_value
    from purchases

),

final as (

    select
        customer_key,
        measure,
        measure_value
    from measures

)

select * from final
