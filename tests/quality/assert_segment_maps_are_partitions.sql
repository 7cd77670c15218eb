{#- Each combination of scores is in one segment, and the active map exists. -#}
with

cells as (
    select * from {{ ref('int_segment_cells') }}
),

rules as (
    select * from {{ ref('segment_maps') }}
),

counted as (

    select
        map_name,
        recency_score,
        frequency_score,
        monetary_score,
        count(segment) as rule_count
    from cells
    group by map_name, recency_score, frequency_score, monetary_score

),

score_counts as (

    select
        map_name,
        min(score_count) as lowest,
        max(score_count) as highest,
        {{ dbt.bool_or("applies_to not in ('buyers', 'prospects')") }}
            as has_other_people
    from rules
    group by map_name

),

failures as (

    select
        map_name,
        recency_score,
        frequency_score,
        monetary_score,
        'in ' || cast(rule_count as {{ dbt.type_string() }})
        || ' rules: change their limits in seed segment_maps until it is in one'
            as remedy
    from counted
    where rule_count != 1

    union all

    select
        map_name,
        lowest as recency_score,
        highest as frequency_score,
        null as monetary_score,
        'give all rules of the map one score_count from 2 to 9, and buyers or prospects'
            as remedy
    from score_counts
    where
        lowest != highest
        or lowest is null
        or lowest < 2
        or highest > 9
        or has_other_people

    union all

    select
        '{{ var("segment_map") }}' as map_name,
        null as recency_score,
        null as frequency_score,
        null as monetary_score,
        'var segment_map names no map of seed segment_maps' as remedy
    from cells
    having count(case when is_active then 1 end) = 0

)

select * from failures
