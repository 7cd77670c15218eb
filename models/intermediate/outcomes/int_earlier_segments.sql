-- One row per customer and month end before somebody entered an experiment.
-- In which segment were they, by what was known then?
with

scores as (
    select * from {{ ref('int_earlier_scores') }}
),

cells as (
    select * from {{ ref('int_segment_cells') }}
    where is_active
),

pivoted as (

    select
        customer_key,
        month_end,
        max(case when measure = 'recency' then score end) as recency_score,
        max(case when measure = 'frequency' then score end) as frequency_score,
        max(case when measure = 'monetary' then score end) as monetary_score
    from scores
    group by customer_key, month_end

),

final as (

    select
        pivoted.customer_key,
        pivoted.month_end,
        cells.segment
    from pivoted
    inner join cells
        on
            pivoted.recency_score = cells.recency_score
            and pivoted.frequency_score = cells.frequency_score
            and pivoted.monetary_score = cells.monetary_score

)

select * from final
