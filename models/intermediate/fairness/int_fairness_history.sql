-- One row per day, promotion (or all), comparison, attribute and group.
-- What did each night's audit find? The trail; it names groups, never people.
{{
    config(
        schema='history',
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        on_schema_change='append_new_columns',
        pre_hook="{{ forget_day(this) }}",
    )
}}
with

ratios as (
    select * from {{ ref('int_fairness_ratios') }}
),

verdicts as (
    select * from {{ ref('int_fairness_verdicts') }}
),

final as (

    select
        {{ as_of_date() }} as as_of_date,
        ratios.promotion_id,
        ratios.basis,
        ratios.attribute,
        ratios.group_name,
        ratios.is_reference,
        ratios.eligible_count,
        ratios.selected_count,
        ratios.selection_rate,
        ratios.impact_ratio,
        verdicts.adjusted_p,
        verdicts.verdict
    from ratios
    inner join verdicts on {{ same_group('ratios', 'verdicts') }}

)

select * from final
