{#- Equal net revenue is in one tier, and more of it never in a lower one. -#}
with

segments as (
    select * from {{ ref('customer_segments') }}
),

tiers as (
    select * from {{ ref('value_tiers') }}
),

by_revenue as (

    select
        segments.net_revenue_amount,
        min(tiers.minimum_percent_rank) as lowest_tier,
        max(tiers.minimum_percent_rank) as highest_tier,
        count(*) - count(tiers.value_tier) as untiered_count
    from segments
    left join tiers on segments.value_tier = tiers.value_tier
    where segments.order_count > 0
    group by segments.net_revenue_amount

),

compared as (

    select
        *,
        lag(highest_tier) over (
            order by net_revenue_amount nulls last
        ) as tier_of_less_revenue
    from by_revenue

),

failures as (

    select *
    from compared
    where
        lowest_tier != highest_tier
        or lowest_tier < tier_of_less_revenue
        or untiered_count > 0

)

select * from failures
