-- One row per rule and state that was in a journey to a purchase.
-- How do the rules share out the repeat purchases that messages preceded?
with

positions as (
    select * from {{ ref('int_attribution_positions') }}
),

sets as (
    select * from {{ ref('int_attribution_sets') }}
    where converted_journey_count > 0
),

credited as (

    select
        'first' as attribution_model,
        state_key,
        first_count as conversion_count,
        first_amount as net_revenue_amount
    from positions

    union all

    select
        'last' as attribution_model,
        state_key,
        last_count as conversion_count,
        last_amount as net_revenue_amount
    from positions

    union all

    select
        'linear' as attribution_model,
        state_key,
        {{ safe_divide('place_count', 'touch_count') }} as conversion_count,
        {{ safe_divide('place_amount', 'touch_count') }} as net_revenue_amount
    from positions

    union all

    select
        'position' as attribution_model,
        state_key,
        {{ position_credit('first_count', 'last_count', 'place_count', 'touch_count') }}
            as conversion_count,
        {{ position_credit(
            'first_amount', 'last_amount', 'place_amount', 'touch_count'
        ) }} as net_revenue_amount
    from positions

    union all

    select
        'time_decay' as attribution_model,
        state_key,
        decayed_count as conversion_count,
        decayed_amount as net_revenue_amount
    from positions

    union all

    -- Shapley's value of the game in which states earn the journeys that they cover:
    -- each journey belongs in equal parts to its states, however often they occur
    select
        'shapley' as attribution_model,
        state_key,
        {{ safe_divide('converted_journey_count', 'state_count') }} as conversion_count,
        {{ safe_divide('net_revenue_amount', 'state_count') }} as net_revenue_amount
    from sets

),

final as (

    select
        attribution_model,
        state_key,
        cast(
            {{ exact_sum('conversion_count') }} as numeric(38, 12)
        ) as conversion_count,
        cast(
            {{ exact_sum('net_revenue_amount') }} as numeric(38, 12)
        ) as net_revenue_amount
    from credited
    group by attribution_model, state_key

)

select * from final
