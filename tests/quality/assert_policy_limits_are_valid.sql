{#- Rows of rfm_thresholds, value_tiers and retention_windows to correct. -#}
with

thresholds as (
    select * from {{ ref('rfm_thresholds') }}
),

tiers as (
    select * from {{ ref('value_tiers') }}
),

windows as (
    select * from {{ ref('retention_windows') }}
),

lowest_tier as (
    select min(minimum_percent_rank) as minimum_percent_rank from tiers
),

failures as (

    select
        'rfm_thresholds' as seed,
        measure || ' ' || cast(score as {{ dbt.type_string() }}) as seed_row,
        'a measure is recency, frequency or monetary, a score 2 to score_count'
            as remedy
    from thresholds
    where
        measure not in ('recency', 'frequency', 'monetary')
        or score < 2
        or score > score_count
        or limit_value is null

    union all

    select
        'value_tiers' as seed,
        value_tier as seed_row,
        'minimum_percent_rank is 0 or more and below 1, and none is kept for prospects'
            as remedy
    from tiers
    where
        value_tier = 'none'
        or minimum_percent_rank < 0
        or minimum_percent_rank >= 1

    union all

    select
        'value_tiers' as seed,
        'lowest tier' as seed_row,
        'the lowest tier starts at 0' as remedy
    from lowest_tier
    where minimum_percent_rank is null or minimum_percent_rank != 0

    union all

    select
        'retention_windows' as seed,
        window_name as seed_row,
        'from_day is 1 or more; to_day equals it (n_day), is not before it (bracket), '
        || 'or is empty (unbounded)' as remedy
    from windows
    where
        from_day is null
        or from_day < 1
        or not coalesce(case window_type
            when 'n_day' then to_day = from_day
            when 'bracket' then to_day >= from_day
            when 'unbounded' then to_day is null
        end, false)

)

select * from failures
