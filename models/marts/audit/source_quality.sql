-- One row per source, outcome and reason.
-- Is every delivered row, and every cent, accounted for?
with

source_rows as (
    select * from {{ ref('source_rows') }}
),

final as (

    select
        source,
        outcome,
        coalesce(reason, 'none') as reason,
        count(*) as row_count,
        cast(sum(row_amount) as numeric(38, 4)) as amount
    from source_rows
    group by 1, 2, 3

)

select * from final
