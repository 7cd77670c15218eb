-- One row per customer, promotion that is due for them, and channel.
-- Is it selected, before promotions are judged for fairness, or why not?
with

options as (
    select * from {{ ref('int_promotion_options') }}
),

arms as (
    select * from {{ ref('int_promotion_arms') }}
),

choices as (
    select * from {{ ref('int_promotion_choices') }}
),

arbitration as (
    select * from {{ ref('int_promotion_arbitration') }}
),

spending as (
    select * from {{ ref('int_promotion_spending') }}
),

-- both arms go through the same later steps; the reasons are told of the treatment
judged as (

    select
        options.customer_key,
        options.promotion_id,
        options.channel,
        options.permission_reason,
        arms.arm,
        arms.assigned_date,
        arbitration.arbitration_rank,
        case
            when choices.guard_reason is not null then choices.guard_reason
            when not arbitration.is_best then 'other_promotion'
            when not spending.is_within_budget then 'budget_reached'
            else 'selected'
        end as later_reason
    from options
    left join arms
        on
            options.customer_key = arms.customer_key
            and options.promotion_id = arms.promotion_id
    left join choices
        on
            options.customer_key = choices.customer_key
            and options.promotion_id = choices.promotion_id
            and options.channel = choices.channel
    left join arbitration
        on
            options.customer_key = arbitration.customer_key
            and options.promotion_id = arbitration.promotion_id
            and options.channel = arbitration.channel
    left join spending
        on
            options.customer_key = spending.customer_key
            and options.promotion_id = spending.promotion_id

),

final as (

    select
        customer_key,
        promotion_id,
        channel,
        arm,
        assigned_date,
        arbitration_rank,
        case
            when permission_reason is not null then permission_reason
            when arm = 'universal' then 'universal_holdout'
            when arm = 'control' then 'promotion_holdout'
            when arm = 'treatment' then later_reason
        end as reason,
        permission_reason is null
        and coalesce(arm, 'none') in ('treatment', 'control')
        and later_reason = 'selected' as would_be_selected
    from judged

)

select * from final
