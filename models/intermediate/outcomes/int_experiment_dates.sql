-- One row per comparison and customer in it.
-- Which days before, in and after it does the comparison look at?
{{ config(materialized='view') }}
with

entries as (
    select * from {{ ref('int_experiment_entries') }}
),

experiments as (
    select * from {{ ref('int_experiments') }}
),

dated as (

    select
        entries.*,
        experiments.experiment_key,
        experiments.outcome_days,
        experiments.earlier_days,
        {{ last_month_end('entries.starts_at') }} as month_end,
        coalesce(
            entries.ends_at,
            {{ dbt.dateadd('day', 'experiments.outcome_days', 'entries.starts_at') }}
        ) as outcome_ends_at
    from entries
    inner join experiments
        on
            entries.promotion_id = experiments.promotion_id
            and entries.draw = experiments.draw
            and entries.population = experiments.population
            and entries.period = experiments.period

),

final as (

    select
        experiment_key,
        customer_key,
        promotion_id,
        draw,
        arm,
        is_control,
        holdout_share,
        month_end,
        starts_at,
        cast(outcome_ends_at as timestamp) as outcome_ends_at,
        cast(
            {{ dbt.dateadd('day', '-earlier_days', 'starts_at') }} as timestamp
        ) as earlier_from_at,
        cast(
            {{ dbt.dateadd('day', 'outcome_days', 'outcome_ends_at') }} as timestamp
        ) as later_ends_at
    from dated

)

select * from final
