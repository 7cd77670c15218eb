-- One row per customer in an arm of a promotion, promotion and permitted channel.
-- Over which channel would the promotion go, and what keeps it from this one?
with

guardrails as (
    select * from {{ ref('int_promotion_guardrails') }}
),

-- the most preferred channel that nothing speaks against; only some promotions may move
ranked as (

    select
        *,
        case
            when can_change_channel
                then
                    min(case when guard_reason is null then option_rank end) over (
                        partition by customer_key, promotion_id
                    )
            else 1
        end as chosen_rank
    from guardrails

),

final as (

    select
        customer_key,
        promotion_id,
        channel,
        case when option_rank > chosen_rank then 'other_channel' else guard_reason end
            as guard_reason
    from ranked

)

select * from final
