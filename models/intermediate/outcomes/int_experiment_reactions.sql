-- One row per comparison and customer in it who reacted or was written to.
-- Did they visit, unsubscribe or complain, and what did messages to them cost?
with

members as (
    select * from {{ ref('int_experiment_members') }}
),

events as (
    select * from {{ ref('int_events_identified') }}
),

statements as (
    select * from {{ ref('int_consent_statements') }}
    where statement = 'withdrawn'
),

touches as (
    select * from {{ ref('int_promotion_touches') }}
),

channels as (
    select * from {{ ref('channels') }}
),

outcome_events as (
    select * from {{ ref('outcome_events') }}
),

reactions as (

    select
        events.customer_key,
        outcome_events.metric as reaction,
        events.occurred_at as happened_at,
        cast(null as {{ dbt.type_string() }}) as promotion_id,
        0 as contact_cost
    from events
    inner join outcome_events on events.event_type = outcome_events.event_type

    union all

    select
        customer_key,
        'unsubscribe' as reaction,
        counts_from_at as happened_at,
        cast(null as {{ dbt.type_string() }}) as promotion_id,
        0 as contact_cost
    from statements

    union all

    select
        touches.customer_key,
        'contact' as reaction,
        touches.sent_at as happened_at,
        touches.promotion_id,
        coalesce(touches.cost_amount, channels.contact_cost_amount, 0) as contact_cost
    from touches
    left join channels on touches.channel = channels.channel

),

placed as (

    select
        members.experiment_key,
        members.customer_key,
        reactions.reaction,
        reactions.contact_cost,
        coalesce(reactions.promotion_id = members.promotion_id, false) as is_own,
        reactions.happened_at < members.starts_at as is_earlier,
        reactions.happened_at >= members.starts_at
        and reactions.happened_at < members.outcome_ends_at as is_outcome,
        reactions.happened_at >= members.outcome_ends_at as is_later
    from members
    inner join reactions
        on
            members.customer_key = reactions.customer_key
            and members.earlier_from_at <= reactions.happened_at
            and members.later_ends_at > reactions.happened_at

),

final as (

    select
        experiment_key,
        customer_key,
        {{ dbt.bool_or("is_outcome and reaction = 'visit'") }} as has_visited,
        {{ dbt.bool_or("is_earlier and reaction = 'visit'") }} as had_visited,
        {{ dbt.bool_or("is_outcome and reaction = 'unsubscribe'") }}
            as has_unsubscribed,
        {{ dbt.bool_or("is_outcome and reaction = 'complaint'") }} as has_complained,
        {{ dbt.bool_or("is_outcome and is_own and reaction = 'contact'") }}
            as was_contacted,
        cast(
            sum(case when is_outcome then contact_cost else 0 end) as numeric(18, 4)
        ) as contact_cost_amount,
        cast(
            sum(case when is_outcome and is_own then contact_cost else 0 end)
            as numeric(18, 4)
        ) as own_contact_cost_amount,
        cast(
            sum(case when is_later then contact_cost else 0 end) as numeric(18, 4)
        ) as later_contact_cost_amount
    from placed
    group by experiment_key, customer_key

)

select * from final
