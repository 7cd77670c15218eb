{#- Arms whose segments do not add up to all, or that count more than were assigned. -#}
with

lifts as (
    select * from {{ ref('promotion_lift') }}
),

summed as (

    select
        promotion_id,
        draw,
        population,
        arm,
        metric,
        sum(case when segment = 'all' then treatment_count else 0 end) as whole,
        sum(case when segment != 'all' then treatment_count else 0 end) as parts,
        sum(case when segment = 'all' then control_count else 0 end) as control_whole,
        sum(case when segment != 'all' then control_count else 0 end)
            as control_parts,
        max(case
            when treatment_count > treatment_assigned_count then 1
            when control_count > control_assigned_count then 1
            when treatment_event_count > treatment_count then 1
            when control_event_count > control_count then 1
            else 0
        end) as too_many
    from lifts
    group by promotion_id, draw, population, arm, metric

)

select *
from summed
where whole != parts or control_whole != control_parts or too_many = 1
