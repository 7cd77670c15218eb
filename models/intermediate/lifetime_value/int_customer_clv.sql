-- One row per customer with at least one purchase.
-- What will they bring, and in which value tier of the future does that put them?
with

predictions as (
    select * from {{ ref('int_customer_predictions') }}
),

tier_ranges as (
    select * from {{ ref('int_value_tier_ranges') }}
),

-- equal predictions give equal rank
ranked as (

    select
        customer_key,
        percent_rank() over (
            order by predicted_revenue_365d_amount nulls last
        ) as future_percent_rank
    from predictions
    where predicted_revenue_365d_amount is not null

),

final as (

    select
        predictions.customer_key,
        predictions.parameter_group,
        predictions.probability_alive,
        predictions.churn_risk,
        predictions.predicted_order_count_30d,
        predictions.predicted_order_count_90d,
        predictions.predicted_order_count_365d,
        predictions.predicted_order_amount,
        predictions.predicted_revenue_365d_amount,
        predictions.predicted_margin_365d_amount,
        coalesce(tier_ranges.value_tier, 'none') as future_value_tier,
        predictions.clv_reason
    from predictions
    left join ranked on predictions.customer_key = ranked.customer_key
    left join tier_ranges
        on
            ranked.future_percent_rank >= tier_ranges.minimum_percent_rank
            and (
                ranked.future_percent_rank < tier_ranges.next_percent_rank
                or tier_ranges.next_percent_rank is null
            )

)

select * from final
