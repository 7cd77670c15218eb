-- One row per pair of states of the chain between which one step leads.
-- With which probability is the second one next?
with

transitions as (
    select * from {{ ref('int_attribution_transitions') }}
),

chain_states as (
    select * from {{ ref('int_attribution_chain_states') }}
),

-- 0 is the start, 1 a purchase, null the end without one
keyed as (

    select
        coalesce(origins.chain_key, 0) as from_key,
        case when transitions.is_purchase then 1 else targets.chain_key end as to_key,
        transitions.transition_count
    from transitions
    left join chain_states as origins
        on transitions.from_state_key = origins.state_key
    left join chain_states as targets
        on transitions.to_state_key = targets.state_key

),

-- to stay in a state changes nothing, neither where a journey ends nor what it has seen
moves as (

    select
        from_key,
        to_key,
        sum(transition_count) as move_count
    from keyed
    where to_key is null or from_key != to_key
    group by from_key, to_key

),

shares as (

    select
        from_key,
        to_key,
        {{ safe_divide(
            'move_count', 'sum(move_count) over (partition by from_key)'
        ) }} as probability
    from moves

),

-- beside each state stands a counter of visits, its key negative, and nothing leaves it
counters as (

    select
        chain_key as from_key,
        -chain_key as to_key
    from chain_states
    group by chain_key

    union all

    select
        -chain_key as from_key,
        -chain_key as to_key
    from chain_states
    group by chain_key

    union all

    select
        1 as from_key,
        1 as to_key

),

final as (

    select
        cast(from_key as bigint) as from_key,
        cast(to_key as bigint) as to_key,
        cast(probability as numeric(38, 18)) as probability
    from shares
    where to_key is not null

    union all

    select
        cast(from_key as bigint) as from_key,
        cast(to_key as bigint) as to_key,
        cast(1 as numeric(38, 18)) as probability
    from counters

)

select * from final
