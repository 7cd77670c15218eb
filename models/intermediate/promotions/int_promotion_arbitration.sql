-- One row per customer and promotion that no guardrail keeps back.
-- Which promotion is worth most with each customer?
with

messages as (
    select * from {{ ref('int_promotion_messages') }}
),

choices as (
    select * from {{ ref('int_promotion_choices') }}
    where guard_reason is null
),

promotion_values as (
    select * from {{ ref('int_promotion_values') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

promotions as (
    select * from {{ ref('promotions') }}
),

valued as (

    select
        messages.customer_key,
        messages.promotion_id,
        messages.channel,
        messages.arm = 'treatment' as is_treated,
        messages.expected_cost_amount,
        messages.expected_incremental_margin_amount,
        promotion_values.is_needless_discount,
        promotion_values.priority,
        promotions.budget_id,
        {{ dbt.hash("messages.promotion_id || '|' || customers.customer_id") }}
            as tie_breaker
    from choices
    inner join messages
        on
            choices.customer_key = messages.customer_key
            and choices.promotion_id = messages.promotion_id
            and choices.channel = messages.channel
    inner join promotion_values
        on
            messages.customer_key = promotion_values.customer_key
            and messages.promotion_id = promotion_values.promotion_id
    inner join promotions on messages.promotion_id = promotions.promotion_id
    inner join customers on messages.customer_key = customers.customer_key

),

-- what would be bought anyway is not discounted as long as there is another offer
ranked as (

    select
        *,
        row_number() over (
            partition by customer_key
            order by
                is_needless_discount asc nulls last,
                expected_incremental_margin_amount desc nulls last,
                priority asc nulls last,
                tie_breaker asc nulls last
        ) as arbitration_rank
    from valued

),

-- a control stands aside, and is compared with those of the treatment who come as far:
-- both win where no better promotion is really sent
contested as (

    select
        *,
        coalesce(
            arbitration_rank <= min(
                case when is_treated then arbitration_rank end
            ) over (partition by customer_key),
            true
        ) as is_best
    from ranked

),

final as (

    select
        customer_key,
        promotion_id,
        channel,
        budget_id,
        is_treated,
        priority,
        tie_breaker,
        expected_cost_amount,
        expected_incremental_margin_amount,
        cast(arbitration_rank as int) as arbitration_rank,
        is_best
    from contested

)

select * from final
