{#- Rows of promotion_targets that aim at nobody or offer nothing. -#}
with

targets as (
    select * from {{ ref('promotion_targets') }}
),

promotions as (
    select * from {{ ref('promotions') }}
),

tiers as (
    select * from {{ ref('value_tiers') }}
),

segments as (

    select distinct
        map_name,
        segment
    from {{ ref('segment_maps') }}

),

judged as (

    select
        targets.map_name,
        targets.segment,
        targets.lifecycle_stage,
        targets.value_tier,
        targets.promotion_id,
        case
            when promotions.promotion_id is null
                then 'promotion_id is not in seed promotions'
            when targets.segment != 'any' and segments.segment is null
                then 'segment is not in this map of seed segment_maps, nor any'
            when
                targets.lifecycle_stage not in (
                    'any', 'awareness', 'consideration', 'purchase', 'retention',
                    'advocacy', 'lapsed'
                )
                then 'lifecycle_stage is not one of the six, nor any'
            when
                targets.value_tier is null
                or (
                    targets.value_tier not in ('any', 'none')
                    and tiers.value_tier is null
                )
                then 'value_tier is not in seed value_tiers, nor none, nor any'
            when targets.reason is null then 'give a reason'
        end as remedy
    from targets
    left join promotions on targets.promotion_id = promotions.promotion_id
    left join tiers on targets.value_tier = tiers.value_tier
    left join segments
        on
            targets.map_name = segments.map_name
            and targets.segment = segments.segment

),

failures as (

    select *
    from judged
    where remedy is not null

)

select * from failures
