{{ config(severity='warn') }}
{#- A ratio that was too low came closer while the group itself got less than before:
    the others were taken down, nobody was lifted. -#}
with

fairness as (
    select * from {{ ref('promotion_fairness') }}
    where is_levelled_down and is_gate
),

failures as (

    select
        promotion_id,
        attribute,
        group_name,
        previous_date,
        previous_selection_rate,
        selection_rate,
        previous_impact_ratio,
        impact_ratio
    from fairness

)

select * from failures
