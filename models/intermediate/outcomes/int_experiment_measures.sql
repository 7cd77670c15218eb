-- One row per comparison, customer in it and metric.
-- What is the outcome, and the same measure before the assignment?
{{ config(materialized='view') }}
with

outcomes as (
    select * from {{ ref('int_experiment_outcomes') }}
),

metrics as (
    select * from {{ ref('lift_metrics') }}
),

-- no promotion can have changed what was before the assignment; null is not known
final as (

    select
        outcomes.experiment_key,
        outcomes.customer_key,
        outcomes.segment,
        outcomes.arm,
        outcomes.is_control,
        metrics.metric,
        metrics.metric_type,
        case
            when metrics.metric in ('later_purchase', 'later_net_margin')
                then outcomes.later_order_count > 0
            else outcomes.order_count > 0
        end as has_bought,
        cast(case metrics.metric
            when 'visit' then {{ as_number('outcomes.has_visited') }}
            when 'purchase' then {{ as_number('outcomes.order_count > 0') }}
            when 'order_count' then outcomes.order_count
            when 'repeat_purchase'
                then {{ as_number('outcomes.repeat_order_count > 0') }}
            when 'net_revenue' then outcomes.net_revenue_amount
            when 'margin'
                then case when outcomes.is_margin_known then outcomes.margin_amount end
            when 'net_margin'
                then
                    case
                        when outcomes.is_margin_known then outcomes.net_margin_amount
                    end
            when 'later_purchase'
                then
                    case
                        when outcomes.is_later_counted
                            then {{ as_number('outcomes.later_order_count > 0') }}
                    end
            when 'later_net_margin'
                then
                    case
                        when outcomes.is_later_counted and outcomes.is_margin_known
                            then outcomes.later_net_margin_amount
                    end
            when 'future_value' then outcomes.future_value_amount
            when 'unsubscribe' then {{ as_number('outcomes.has_unsubscribed') }}
            when 'complaint' then {{ as_number('outcomes.has_complained') }}
        end as numeric(18, 4)) as outcome,
        cast(case metrics.metric
            when 'visit' then {{ as_number('outcomes.had_visited') }}
            when 'purchase' then {{ as_number('outcomes.earlier_order_count > 0') }}
            when 'later_purchase'
                then {{ as_number('outcomes.earlier_order_count > 0') }}
            when 'order_count' then outcomes.earlier_order_count
            when 'repeat_purchase'
                then {{ as_number('outcomes.earlier_repeat_order_count > 0') }}
            when 'net_revenue' then outcomes.earlier_net_revenue_amount
            when 'future_value' then outcomes.earlier_net_revenue_amount
            when 'margin' then outcomes.earlier_margin_amount
            when 'net_margin' then outcomes.earlier_margin_amount
            when 'later_net_margin' then outcomes.earlier_margin_amount
            else 0
        end as numeric(18, 4)) as earlier
    from outcomes
    cross join metrics

)

select * from final
