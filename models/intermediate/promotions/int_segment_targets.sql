-- One row per segment of the active map and promotion that is aimed at it.
-- For which reasons?
with

cells as (
    select * from {{ ref('int_segment_cells') }}
),

targets as (
    select * from {{ ref('promotion_targets') }}
),

segments as (

    select distinct
        map_name,
        segment
    from cells
    where is_active

),

reasons as (

    select distinct
        segments.segment,
        targets.promotion_id,
        targets.reason
    from segments
    inner join targets
        on
            segments.map_name = targets.map_name
            and targets.segment in ('any', segments.segment)

),

-- one promotion may be aimed at several stages of a segment, each with a reason
final as (

    select
        segment,
        promotion_id,
        {{ dbt.listagg("reason", "'; '", "order by reason") }} as target_reason
    from reasons
    group by segment, promotion_id

)

select * from final
