-- One row per map and combination of scores; prospects, who have no scores, are 0-0-0.
-- Which segment does each combination belong to?
with

rules as (
    select * from {{ ref('segment_maps') }}
),

-- more scores than nine would not fit the digits of a code
digits as (

    {{ dbt.generate_series(9) }}

),

scores as (

    select cast(generated_number as int) as score
    from digits

),

maps as (

    select
        map_name,
        max(score_count) as score_count
    from rules
    group by map_name

),

cells as (

    select
        maps.map_name,
        maps.score_count,
        'buyers' as applies_to,
        recency.score as recency_score,
        frequency.score as frequency_score,
        monetary.score as monetary_score,
        cast(ceil((frequency.score + monetary.score) / 2.0) as int) as fm_score
    from maps
    inner join scores as recency on maps.score_count >= recency.score
    inner join scores as frequency on maps.score_count >= frequency.score
    inner join scores as monetary on maps.score_count >= monetary.score

    union all

    select
        map_name,
        score_count,
        'prospects' as applies_to,
        0 as recency_score,
        0 as frequency_score,
        0 as monetary_score,
        0 as fm_score
    from maps

),

-- an empty limit is no limit
final as (

    select
        cells.map_name,
        cast(cells.score_count as int) as score_count,
        cells.applies_to,
        cells.recency_score,
        cells.frequency_score,
        cells.monetary_score,
        cells.fm_score,
        rules.segment,
        rules.meaning,
        cells.map_name = '{{ var("segment_map") }}' as is_active
    from cells
    left join rules
        on
            cells.map_name = rules.map_name
            and cells.applies_to = rules.applies_to
            and cells.recency_score
            between coalesce(rules.minimum_recency_score, 0)
            and coalesce(rules.maximum_recency_score, cells.score_count)
            and cells.frequency_score
            between coalesce(rules.minimum_frequency_score, 0)
            and coalesce(rules.maximum_frequency_score, cells.score_count)
            and cells.monetary_score
            between coalesce(rules.minimum_monetary_score, 0)
            and coalesce(rules.maximum_monetary_score, cells.score_count)
            and cells.fm_score
            between coalesce(rules.minimum_fm_score, 0)
            and coalesce(rules.maximum_fm_score, cells.score_count)

)

select * from final
