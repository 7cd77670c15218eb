-- One row per attribution model, channel and promotion.
-- Which share in the repeat purchases has each, by which way of sharing them out?
with

credits as (
    select * from {{ ref('int_attribution_credits') }}
),

states as (
    select * from {{ ref('int_attribution_states') }}
),

sets as (
    select * from {{ ref('int_attribution_sets') }}
),

reach as (

    select
        state_key,
        sum(touch_count) as touch_count,
        sum(journey_count) as journey_count,
        sum(converted_journey_count) as converted_journey_count
    from sets
    group by state_key

),

-- a shop may call a channel none as well
named as (

    select
        credits.*,
        coalesce(states.channel, 'none') as channel,
        coalesce(states.promotion_id, 'none') as promotion_id,
        reach.touch_count,
        reach.journey_count,
        reach.converted_journey_count,
        coalesce(states.delivered_count, 0) as delivered_count,
        case
            when states.state_key is not null then states.cost_amount
            else 0
        end as cost_amount
    from credits
    left join states on credits.state_key = states.state_key
    left join reach on credits.state_key = reach.state_key

),

summed as (

    select
        attribution_model,
        channel,
        promotion_id,
        sum(conversion_count) as conversion_count,
        sum(net_revenue_amount) as net_revenue_amount,
        max(removal_effect) as removal_effect,
        sum(touch_count) as touch_count,
        sum(journey_count) as journey_count,
        sum(converted_journey_count) as converted_journey_count,
        sum(delivered_count) as delivered_count,
        case when count(*) = count(cost_amount) then sum(cost_amount) end as cost_amount
    from named
    group by attribution_model, channel, promotion_id

),

final as (

    select
        attribution_model,
        channel,
        promotion_id,
        {{ as_of_date() }} as as_of_date,
        {{ rounded('conversion_count', 18, 6) }} as credited_conversion_count,
        {{ rounded(
            safe_divide(
                'conversion_count',
                'sum(conversion_count) over (partition by attribution_model)'
            ), 9, 6
        ) }} as credited_conversion_share,
        {{ rounded('net_revenue_amount', 22, 4) }} as credited_net_revenue_amount,
        {{ rounded('removal_effect', 9, 6) }} as removal_effect,
        cast(coalesce(touch_count, 0) as bigint) as touch_count,
        cast(coalesce(journey_count, 0) as bigint) as journey_count,
        cast(coalesce(converted_journey_count, 0) as bigint)
            as converted_journey_count,
        cast(delivered_count as bigint) as delivered_count,
        cast(cost_amount as numeric(38, 4)) as cost_amount
    from summed

)

select * from final
