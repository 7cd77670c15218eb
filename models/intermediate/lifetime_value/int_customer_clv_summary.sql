-- One row per customer with at least one purchase.
-- What do the lifetime value models know of each, and whose parameters are theirs?
with

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

affinity as (
    select * from {{ ref('int_customer_affinity') }}
),

summed as (

    select
        customer_key,
        count(*) - 1 as repeat_count,
        {{ dbt.datediff('min(order_date)', 'max(order_date)', 'day') }}
            as clv_recency_days,
        {{ dbt.datediff('min(order_date)', as_of_date(), 'day') }} as clv_age_days,
        sum(case when occasion_number > 1 then net_revenue_amount end) as repeat_amount
    from occasions
    group by customer_key

),

grouped as (

    select
        summed.*,
        case '{{ choice(
            "clv_group", ["none", "channel", "country", "first_category"]
        ) }}'
            when 'channel' then customers.acquisition_channel
            when 'country' then customers.country
            when 'first_category' then affinity.first_category
            else 'all'
        end as parameter_group
    from summed
    inner join customers
        on summed.customer_key = customers.customer_key
    left join affinity
        on summed.customer_key = affinity.customer_key

),

final as (

    select
        customer_key,
        case
            when '{{ var("clv_group") }}' = 'none' then 'all'
            when parameter_group is null then 'unknown'
            -- the name of the whole is taken
            when parameter_group = 'all' then '(all)'
            else parameter_group
        end as parameter_group,
        cast(repeat_count as int) as repeat_count,
        cast(clv_recency_days as int) as clv_recency_days,
        cast(clv_age_days as int) as clv_age_days,
        {{ rounded(in_weeks('clv_recency_days'), 18, 6) }} as clv_recency_weeks,
        {{ rounded(in_weeks('clv_age_days'), 18, 6) }} as clv_age_weeks,
        cast(repeat_amount as numeric(18, 2)) as repeat_amount,
        {{ rounded(safe_divide('repeat_amount', 'repeat_count'), 18, 4) }}
            as mean_repeat_amount,
        {{ as_of_date() }} as as_of_date
    from grouped

)

select * from final
