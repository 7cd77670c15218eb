-- One row per customer and promotion that is best for them.
-- How far does the promotion's budget go tonight?
with

arbitration as (
    select * from {{ ref('int_promotion_arbitration') }}
    where is_best
),

budgets as (
    select * from {{ ref('int_promotion_budgets') }}
),

-- the best offers first, until the budget is spent; controls spend nothing
summed as (

    select
        *,
        coalesce(
            sum(case when is_treated then expected_cost_amount else 0 end) over (
                partition by budget_id
                order by
                    expected_incremental_margin_amount desc nulls last,
                    priority asc nulls last,
                    tie_breaker asc nulls last
                rows between unbounded preceding and 1 preceding
            ),
            0
        ) as amount_before
    from arbitration

),

final as (

    select
        summed.customer_key,
        summed.promotion_id,
        coalesce(
            summed.amount_before + summed.expected_cost_amount
            <= budgets.remaining_amount,
            true
        ) as is_within_budget
    from summed
    left join budgets on summed.budget_id = budgets.budget_id

)

select * from final
