-- One row per state that was in a journey.
-- Which share of the purchases would be lost if journeys ended on reaching it?
with

chain_states as (
    select * from {{ ref('int_attribution_chain_states') }}
),

steps as (
    select * from {{ ref('int_attribution_steps_65536') }}
),

returns as (

    select
        from_key as chain_key,
        probability as visit_count
    from steps
    where from_key > 0 and to_key = -from_key

),

arrivals as (

    select
        -to_key as chain_key,
        probability as visit_count
    from steps
    where from_key = 0 and to_key < 0

),

purchases as (

    select
        from_key as chain_key,
        probability
    from steps
    where to_key = 1

),

starts as (

    select sum(case when chain_key = 0 then probability end) as probability
    from purchases

),

-- lost are the journeys that ever reach the state and would go on to a purchase: visits
-- of a journey, by visits of a journey that is there, is the probability to reach it
measured as (

    select
        returns.chain_key,
        cast(
            {{ safe_divide(
                'coalesce(arrivals.visit_count, 0)', 'returns.visit_count'
            ) }}
            * {{ safe_divide(
                'coalesce(purchases.probability, 0)', 'starts.probability'
            ) }} as numeric(38, 18)
        ) as removal_effect
    from returns
    left join arrivals on returns.chain_key = arrivals.chain_key
    left join purchases on returns.chain_key = purchases.chain_key
    cross join starts

),

compared as (

    select
        chain_key,
        removal_effect,
        {{ safe_divide('removal_effect', 'sum(removal_effect) over ()') }}
            as effect_share
    from measured

),

-- of a state that was measured with others its own effect is not known
final as (

    select
        chain_states.state_key,
        cast(
            case when chain_states.is_alone then compared.removal_effect end
            as numeric(38, 18)
        ) as removal_effect,
        cast(
            compared.effect_share * chain_states.chain_share as numeric(38, 18)
        ) as credit_share
    from compared
    inner join chain_states on compared.chain_key = chain_states.chain_key

)

select * from final
