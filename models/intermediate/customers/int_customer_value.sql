-- One row per known customer.
-- Which value tier are they in, by net revenue among all buyers?
with

customers as (
    select * from {{ ref('int_customers') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

tier_ranges as (
    select * from {{ ref('int_value_tier_ranges') }}
),

-- equal revenue gives equal rank
ranked as (

    select
        customer_key,
        percent_rank() over (
            order by net_revenue_amount nulls last
        ) as revenue_percent_rank
    from purchases

),

final as (

    select
        customers.customer_key,
        {{ rounded('ranked.revenue_percent_rank', 18, 6) }} as revenue_percent_rank,
        coalesce(tier_ranges.value_tier, 'none') as value_tier
    from customers
    left join ranked on customers.customer_key = ranked.customer_key
    left join tier_ranges
        on
            ranked.revenue_percent_rank >= tier_ranges.minimum_percent_rank
            and (
                ranked.revenue_percent_rank < tier_ranges.next_percent_rank
                or tier_ranges.next_percent_rank is null
            )

)

select * from final
