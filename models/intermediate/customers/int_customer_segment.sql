-- One row per known customer.
-- Which one segment of the active map do they belong to, and why?
with

customers as (
    select * from {{ ref('int_customers') }}
),

rfm as (
    select * from {{ ref('int_customer_rfm') }}
),

cells as (
    select * from {{ ref('int_segment_cells') }}
),

-- a prospect has the scores 0-0-0
scored as (

    select
        customers.customer_key,
        rfm.recency_score,
        rfm.frequency_score,
        rfm.monetary_score,
        rfm.rfm_code,
        coalesce(rfm.recency_score, 0) as recency_cell,
        coalesce(rfm.frequency_score, 0) as frequency_cell,
        coalesce(rfm.monetary_score, 0) as monetary_cell
    from customers
    left join rfm on customers.customer_key = rfm.customer_key

),

final as (

    select
        scored.customer_key,
        cells.segment,
        case cells.applies_to
            when 'prospects' then cells.meaning
            else
                cells.meaning
                || ' (of ' || cast(cells.score_count as {{ dbt.type_string() }})
                || ': recency '
                || cast(scored.recency_score as {{ dbt.type_string() }})
                || ', frequency '
                || cast(scored.frequency_score as {{ dbt.type_string() }})
                || ', monetary '
                || cast(scored.monetary_score as {{ dbt.type_string() }}) || ')'
        end as segment_reason,
        scored.recency_score,
        scored.frequency_score,
        scored.monetary_score,
        scored.rfm_code
    from scored
    inner join cells
        on
            scored.recency_cell = cells.recency_score
            and scored.frequency_cell = cells.frequency_score
            and scored.monetary_cell = cells.monetary_score
            and cells.is_active

)

select * from final
