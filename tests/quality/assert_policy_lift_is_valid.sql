{#- Rows of lift_policies, lift_metrics, outcome_events, planned_arms to correct. -#}
with

policies as (
    select * from {{ ref('lift_policies') }}
),

metrics as (
    select * from {{ ref('lift_metrics') }}
),

outcome_events as (
    select * from {{ ref('outcome_events') }}
),

planned_arms as (
    select * from {{ ref('planned_arms') }}
),

general as (

    select count(*) as row_count
    from policies
    where promotion_id = 'any'

),

planned as (

    select
        promotion_id,
        sum(planned_share) as planned_share,
        min(planned_share) as smallest_share,
        count(*) = count(planned_share) as is_complete
    from planned_arms
    group by promotion_id

),

failures as (

    select
        'lift_policies' as seed,
        policies.promotion_id as row_key,
        'days and tuning_count are above 0, levels, power and confidence between 0 and '
        || '1, primary_metric is of lift_metrics, stop_rule loss or never' as remedy
    from policies
    left join metrics on policies.primary_metric = metrics.metric
    where
        metrics.metric is null
        or not coalesce(
            policies.outcome_days > 0 and policies.earlier_days > 0
            and policies.tuning_count > 0
            and policies.significance_level > 0 and policies.significance_level < 1
            and policies.power > 0 and policies.power < 1
            and policies.imbalance_level > 0 and policies.imbalance_level < 1
            and policies.maximum_contamination_share >= 0
            and policies.stop_confidence > 0 and policies.stop_confidence < 1
            and policies.stop_rule in ('loss', 'never'),
            false
        )

    union all

    select
        'lift_policies' as seed,
        'any' as row_key,
        'add the row of promotion any: it holds where no other does' as remedy
    from general
    where row_count = 0

    union all

    select
        'lift_metrics' as seed,
        metric as row_key,
        'the metric is one that is measured, its type rate or mean, its direction 1 or '
        || '-1, its minimum above 0' as remedy
    from metrics
    where
        not coalesce(
            metric in (
                'visit', 'purchase', 'order_count', 'repeat_purchase', 'net_revenue',
                'margin', 'net_margin', 'later_purchase', 'later_net_margin',
                'future_value', 'unsubscribe', 'complaint'
            )
            and metric_type in ('rate', 'mean')
            and good_direction in (1, -1)
            and minimum_count > 0
            and is_guardrail is not null,
            false
        )

    union all

    select
        'outcome_events' as seed,
        event_type as row_key,
        'the metric is visit or complaint' as remedy
    from outcome_events
    where not coalesce(metric in ('visit', 'complaint'), false)

    union all

    select
        'planned_arms' as seed,
        promotion_id as row_key,
        'shares are above 0, and those of a promotion add up to 1' as remedy
    from planned
    where
        not is_complete
        or not coalesce(smallest_share > 0 and abs(planned_share - 1) < 0.001, false)

)

select * from failures
