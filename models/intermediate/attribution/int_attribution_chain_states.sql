-- One row per state that was in a journey.
-- Which state of the chain is it: one of its own, or one with all that are rare?
with

transitions as (
    select * from {{ ref('int_attribution_transitions') }}
    where from_state_key > 0
),

linear as (
    select * from {{ ref('int_attribution_rules') }}
    where attribution_model = 'linear'
),

counted as (

    select
        from_state_key as state_key,
        sum(transition_count) as touch_count
    from transitions
    group by from_state_key

),

ranked as (

    select
        counted.*,
        coalesce(linear.conversion_count, 0) as conversion_count,
        row_number() over (
            order by
                counted.touch_count desc nulls last,
                counted.state_key asc nulls last
        ) as touch_rank
    from counted
    left join linear on counted.state_key = linear.state_key

),

-- 0 is the start of a journey and 1 the purchase
keyed as (

    select
        ranked.*,
        1 + least(touch_rank, {{ attribution_maximum_states() }} + 1) as chain_key
    from ranked

),

-- the rare are measured together; what they get is shared as the linear rule would,
-- by their messages where it gives them nothing
shared as (

    select
        keyed.*,
        coalesce(
            {{ safe_divide(
                'conversion_count',
                'sum(conversion_count) over (partition by chain_key)'
            ) }},
            {{ safe_divide(
                'touch_count',
                'sum(touch_count) over (partition by chain_key)'
            ) }}
        ) as chain_share
    from keyed

),

final as (

    select
        state_key,
        cast(touch_count as bigint) as touch_count,
        cast(chain_key as bigint) as chain_key,
        touch_rank <= {{ attribution_maximum_states() }} as is_alone,
        cast(chain_share as numeric(38, 18)) as chain_share
    from shared

)

select * from final
