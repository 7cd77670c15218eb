-- One row per customer with a purchase up to the cut.
-- What was predicted for the hold-out, knowing nothing later, and what did they do?
with

summary as (
    select * from {{ ref('int_clv_backtest_summary') }}
),

scores as (
    select * from {{ ref('int_clv_backtest_scores') }}
),

parameters as (
    select * from {{ ref('int_clv_backtest_parameters') }}
),

segments as (
    select * from {{ ref('int_clv_backtest_segment') }}
),

scored as (

    select
        summary.customer_key,
        summary.parameter_group,
        segments.segment,
        cast(scores.probability_alive as numeric(18, 12)) as probability_alive,
        cast(scores.purchase_probability as numeric(18, 12)) as purchase_probability,
        {{ rounded('scores.predicted_order_count', 18, 6) }} as predicted_order_count,
        {{ rounded(
            expected_order_amount(
                'parameters', 'summary.repeat_count', 'summary.mean_repeat_amount'
            ), 18, 4
        ) }} as predicted_order_amount,
        summary.actual_order_count,
        summary.actual_revenue_amount,
        scores.clv_reason
    from summary
    inner join segments on summary.customer_key = segments.customer_key
    left join parameters on summary.parameter_group = parameters.parameter_group
    left join scores
        on
            summary.parameter_group = scores.parameter_group
            and summary.repeat_count = scores.repeat_count
            and summary.clv_recency_days = scores.clv_recency_days
            and summary.clv_age_days = scores.clv_age_days

),

-- equal predictions at the limit of a decile: a report may tell them apart, by key
ranked as (

    select
        customer_key,
        ntile(10) over (
            order by predicted_order_count desc nulls last, customer_key asc
        ) as predicted_decile
    from scored
    where predicted_order_count is not null

),

final as (

    select
        scored.customer_key,
        scored.parameter_group,
        scored.segment,
        scored.probability_alive,
        scored.purchase_probability,
        scored.predicted_order_count,
        scored.predicted_order_amount,
        {{ rounded(
            'scored.predicted_order_count * scored.predicted_order_amount', 18, 2
        ) }} as predicted_revenue_amount,
        cast(ranked.predicted_decile as int) as predicted_decile,
        scored.actual_order_count,
        scored.actual_revenue_amount,
        cast(
            scored.predicted_order_count - scored.actual_order_count as numeric(16, 6)
        ) as error_order_count,
        scored.clv_reason
    from scored
    left join ranked on scored.customer_key = ranked.customer_key

)

select * from final
