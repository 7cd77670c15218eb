-- One row per customer with a purchase up to the cut.
-- What did the lifetime value models know of each on that day, and what came after?
with

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
),

customers as (
    select * from {{ ref('int_customer_clv_summary') }}
),

split as (

    select
        *,
        order_date <= {{ clv_cut_date() }} as is_known
    from occasions

),

summed as (

    select
        customer_key,
        count(case when is_known then 1 end) - 1 as repeat_count,
        min(case when is_known then order_date end) as first_order_date,
        max(case when is_known then order_date end) as last_order_date,
        sum(case when is_known and occasion_number > 1 then net_revenue_amount end)
            as repeat_amount,
        count(case when not is_known then 1 end) as actual_order_count,
        sum(case when not is_known then net_revenue_amount end) as actual_revenue_amount
    from split
    group by customer_key
    having count(case when is_known then 1 end) > 0

),

aged as (

    select
        *,
        {{ dbt.datediff('first_order_date', 'last_order_date', 'day') }}
            as clv_recency_days,
        {{ dbt.datediff('first_order_date', clv_cut_date(), 'day') }} as clv_age_days
    from summed

),

final as (

    select
        aged.customer_key,
        customers.parameter_group,
        cast(aged.repeat_count as int) as repeat_count,
        cast(aged.clv_recency_days as int) as clv_recency_days,
        cast(aged.clv_age_days as int) as clv_age_days,
        {{ rounded(in_weeks('aged.clv_recency_days'), 18, 6) }}
            as clv_recency_weeks,
        {{ rounded(in_weeks('aged.clv_age_days'), 18, 6) }} as clv_age_weeks,
        cast(aged.repeat_amount as numeric(18, 2)) as repeat_amount,
        {{ rounded(safe_divide('aged.repeat_amount', 'aged.repeat_count'), 18, 4) }}
            as mean_repeat_amount,
        cast(aged.actual_order_count as bigint) as actual_order_count,
        cast(coalesce(aged.actual_revenue_amount, 0) as numeric(18, 2))
            as actual_revenue_amount,
        {{ clv_cut_date() }} as as_of_date
    from aged
    inner join customers on aged.customer_key = customers.customer_key

)

select * from final
