-- One row per customer with at least one purchase.
-- How recent, frequent and valuable are they among all buyers?
with

scores as (
    select * from {{ ref('int_customer_rfm_scores') }}
),

pivoted as (

    select
        customer_key,
        max(case when measure = 'recency' then -measure_value end) as recency_days,
        max(case when measure = 'frequency' then measure_value end) as frequency,
        max(case when measure = 'monetary' then measure_value end) as monetary_amount,
        max(case when measure = 'recency' then score end) as recency_score,
        max(case when measure = 'frequency' then score end) as frequency_score,
        max(case when measure = 'monetary' then score end) as monetary_score
    from scores
    group by customer_key

),

-- the code reads as its digits do: 543 is recency 5, frequency 4, monetary 3
final as (

    select
        customer_key,
        cast(recency_days as int) as recency_days,
        cast(frequency as bigint) as frequency,
        cast(monetary_amount as numeric(18, 2)) as monetary_amount,
        cast(recency_score as int) as recency_score,
        cast(frequency_score as int) as frequency_score,
        cast(monetary_score as int) as monetary_score,
        cast(
            100 * recency_score + 10 * frequency_score + monetary_score as int
        ) as rfm_code
    from pivoted

)

select * from final
