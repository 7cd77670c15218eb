{#- The combinations of each of Shopify's groups, halves rounded up: 125 in all. -#}
with

cells as (
    select * from {{ ref('int_segment_cells') }}
),

expected as (

    select 'CHAMPIONS' as segment, 10 as cell_count
    union all
    select 'LOYAL' as segment, 20 as cell_count
    union all
    select 'ACTIVE' as segment, 28 as cell_count
    union all
    select 'NEW' as segment, 1 as cell_count
    union all
    select 'PROMISING' as segment, 1 as cell_count
    union all
    select 'NEEDS_ATTENTION' as segment, 9 as cell_count
    union all
    select 'ALMOST_LOST' as segment, 6 as cell_count
    union all
    select 'AT_RISK' as segment, 32 as cell_count
    union all
    select 'PREVIOUSLY_LOYAL' as segment, 6 as cell_count
    union all
    select 'DORMANT' as segment, 12 as cell_count
    union all
    select 'PROSPECTS' as segment, 1 as cell_count

),

counted as (

    select
        segment,
        count(*) as cell_count
    from cells
    where map_name = 'shopify'
    group by segment

),

failures as (

    select
        expected.segment as expected_segment,
        counted.segment as counted_segment,
        expected.cell_count as expected_cell_count,
        counted.cell_count as counted_cell_count
    from expected
    full outer join counted on expected.segment = counted.segment
    where coalesce(expected.cell_count, 0) != coalesce(counted.cell_count, 0)

)

select * from failures
