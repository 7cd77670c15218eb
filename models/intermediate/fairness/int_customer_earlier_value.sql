-- One row per customer who had bought before the window of past messages.
-- Which value tier were they in before the messages that are judged could change it?
with

entries as (
    select * from {{ ref('int_revenue_entries') }}
),

tier_ranges as (
    select * from {{ ref('int_value_tier_ranges') }}
),

summed as (

    select
        customer_key,
        sum(net_amount) as net_revenue_amount
    from entries
    where entry_date <= {{ fairness_window_start() }}
    group by customer_key

),

ranked as (

    select
        customer_key,
        percent_rank() over (
            order by net_revenue_amount nulls last
        ) as revenue_percent_rank
    from summed

),

final as (

    select
        ranked.customer_key,
        tier_ranges.value_tier
    from ranked
    inner join tier_ranges
        on
            ranked.revenue_percent_rank >= tier_ranges.minimum_percent_rank
            and (
                ranked.revenue_percent_rank < tier_ranges.next_percent_rank
                or tier_ranges.next_percent_rank is null
            )

)

select * from final
