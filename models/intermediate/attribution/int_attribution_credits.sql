-- One row per attribution model and state; state 0: no message led to the purchase.
-- How does each model share out all repeat purchases?
with

models as (
    {{ attribution_models_as_rows() }}
),

-- what had no share in any purchase is told too
states as (

    select state_key
    from {{ ref('int_attribution_states') }}
    union all
    select 0 as state_key

),

rules as (
    select * from {{ ref('int_attribution_rules') }}
),

removals as (

    select
        state_key,
        removal_effect,
        cast(credit_share as {{ type_double() }}) as credit_share
    from {{ ref('int_attribution_removals') }}

),

repeat_purchases as (
    select * from {{ ref('int_attribution_purchases') }}
    where order_number > 1
),

-- the first messages of journeys are the journeys
touched as (

    select
        coalesce(sum(conversion_count), 0) as conversion_count,
        coalesce(sum(net_revenue_amount), 0) as net_revenue_amount
    from rules
    where attribution_model = 'first'

),

whole as (

    select
        count(*) as conversion_count,
        coalesce(sum(net_revenue_amount), 0) as net_revenue_amount
    from repeat_purchases

),

credited as (

    select
        attribution_model,
        state_key,
        conversion_count,
        net_revenue_amount,
        cast(null as numeric(38, 18)) as removal_effect
    from rules

    union all

    select
        'markov' as attribution_model,
        removals.state_key,
        touched.conversion_count * removals.credit_share as conversion_count,
        touched.net_revenue_amount * removals.credit_share as net_revenue_amount,
        removals.removal_effect
    from removals
    cross join touched

    union all

    select
        models.attribution_model,
        0 as state_key,
        whole.conversion_count - touched.conversion_count as conversion_count,
        whole.net_revenue_amount - touched.net_revenue_amount as net_revenue_amount,
        cast(null as numeric(38, 18)) as removal_effect
    from models
    cross join whole
    cross join touched

),

final as (

    select
        models.attribution_model,
        cast(states.state_key as bigint) as state_key,
        cast(coalesce(credited.conversion_count, 0) as numeric(38, 12))
            as conversion_count,
        cast(coalesce(credited.net_revenue_amount, 0) as numeric(38, 12))
            as net_revenue_amount,
        cast(credited.removal_effect as numeric(38, 18)) as removal_effect
    from models
    cross join states
    left join credited
        on
            models.attribution_model = credited.attribution_model
            and states.state_key = credited.state_key

)

select * from final
