{{ config(severity='warn') }}
{#- Promotions that too many controls got all the same: their lift looks too small. -#}
with

lifts as (
    select * from {{ ref('promotion_lift') }}
    where population = 'assigned' and segment = 'all' and is_primary
),

policies as (
    select * from {{ ref('lift_policies') }}
),

ranked as (

    select
        lifts.promotion_id,
        lifts.draw,
        lifts.arm,
        lifts.contamination_share,
        policies.maximum_contamination_share,
        row_number() over (
            partition by lifts.promotion_id, lifts.draw, lifts.arm
            order by {{ as_number("policies.promotion_id = 'any'") }} nulls last
        ) as policy_rank
    from lifts
    inner join policies on policies.promotion_id in ('any', lifts.promotion_id)

)

select
    promotion_id,
    draw,
    arm,
    contamination_share,
    maximum_contamination_share
from ranked
where policy_rank = 1 and contamination_share > maximum_contamination_share
