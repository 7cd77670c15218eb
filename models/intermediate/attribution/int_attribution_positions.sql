-- One row per state and number of messages in a journey that led to a purchase.
-- In how many of these journeys was it first, last and anywhere, for how much?
with

touches as (
    select * from {{ ref('int_attribution_touches') }}
    where is_converted
),

journeys as (
    select * from {{ ref('int_attribution_journeys') }}
),

weighed as (

    select
        touches.state_key,
        touches.touch_count,
        touches.touch_number = 1 as is_first,
        touches.touch_number = touches.touch_count as is_last,
        journeys.net_revenue_amount,
        {{ safe_divide('touches.decay_weight', 'journeys.decay_weight') }}
            as decay_share
    from touches
    inner join journeys
        on
            touches.customer_key = journeys.customer_key
            and touches.order_number = journeys.order_number

),

-- counts and cents are exact; they are divided only where they are summed up
final as (

    select
        state_key,
        touch_count,
        cast(count(case when is_first then 1 end) as bigint) as first_count,
        cast(count(case when is_last then 1 end) as bigint) as last_count,
        cast(count(*) as bigint) as place_count,
        cast(coalesce(
            sum(case when is_first then net_revenue_amount end), 0
        ) as numeric(38, 2)) as first_amount,
        cast(coalesce(
            sum(case when is_last then net_revenue_amount end), 0
        ) as numeric(38, 2)) as last_amount,
        cast(sum(net_revenue_amount) as numeric(38, 2)) as place_amount,
        cast(
            {{ exact_sum('decay_share') }} as numeric(38, 12)
        ) as decayed_count,
        cast(
            {{ exact_sum('decay_share * net_revenue_amount') }} as numeric(38, 12)
        ) as decayed_amount
    from weighed
    group by state_key, touch_count

)

select * from final
