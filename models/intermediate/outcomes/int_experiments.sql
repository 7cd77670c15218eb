-- One row per promotion (or universal), draw, population and period that are compared.
-- How is the comparison done: its own policy, or that for any?
with

entries as (
    select * from {{ ref('int_experiment_entries') }}
),

policies as (
    select * from {{ ref('lift_policies') }}
),

comparisons as (

    select
        promotion_id,
        draw,
        population,
        period,
        max(starts_at) as last_start_at
    from entries
    group by promotion_id, draw, population, period

),

ranked as (

    select
        comparisons.*,
        policies.outcome_days,
        policies.earlier_days,
        policies.primary_metric,
        policies.significance_level,
        policies.power,
        policies.imbalance_level,
        policies.maximum_contamination_share,
        policies.tuning_count,
        policies.stop_rule,
        policies.stop_confidence,
        row_number() over (
            partition by
                comparisons.promotion_id, comparisons.draw,
                comparisons.population, comparisons.period
            order by {{ as_number("policies.promotion_id = 'any'") }} nulls last
        ) as policy_rank
    from comparisons
    inner join policies
        on policies.promotion_id in ('any', comparisons.promotion_id)

),

final as (

    select
        cast(row_number() over (
            order by
                promotion_id nulls last, draw nulls last,
                population nulls last, period nulls last
        ) as int) as experiment_key,
        promotion_id,
        draw,
        population,
        period,
        cast(last_start_at as timestamp) as last_start_at,
        outcome_days,
        earlier_days,
        primary_metric,
        significance_level,
        power,
        imbalance_level,
        maximum_contamination_share,
        tuning_count,
        stop_rule,
        stop_confidence
    from ranked
    where policy_rank = 1

)

select * from final
