-- One row per state (or the start) and what followed it in a journey.
-- How often did one message follow another, and how often did a journey end with it?
with

touches as (
    select * from {{ ref('int_attribution_touches') }}
),

steps as (

    select
        0 as from_state_key,
        state_key as to_state_key,
        false as is_purchase
    from touches
    where touch_number = 1

    union all

    select
        state_key as from_state_key,
        coalesce(next_state_key, 0) as to_state_key,
        is_converted and next_state_key is null as is_purchase
    from touches

),

final as (

    select
        cast(from_state_key as bigint) as from_state_key,
        cast(to_state_key as bigint) as to_state_key,
        is_purchase,
        cast(count(*) as bigint) as transition_count
    from steps
    group by from_state_key, to_state_key, is_purchase

)

select * from final
