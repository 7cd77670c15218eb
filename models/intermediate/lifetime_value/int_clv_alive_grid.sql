-- One row per number of repeats and day of the last purchase, in hundredths of an age.
-- How likely is such a customer of the oldest age still to be one?
with

summary as (
    select * from {{ ref('int_customer_clv_summary') }}
),

parameters as (
    select * from {{ ref('int_clv_parameters') }}
    where parameter_group = 'all'
),

hundredths as (
    {{ dbt.generate_series(100) }}
),

oldest as (
    select max(clv_age_days) as clv_age_days from summary
),

repeats as (

    select
        repeat_count,
        count(*) as customer_count
    from summary
    where repeat_count > 0
    group by repeat_count

),

scored as (

    select
        parameters.r,
        parameters.alpha,
        parameters.a,
        parameters.b,
        repeats.repeat_count,
        repeats.customer_count,
        hundredths.generated_number as recency_hundredth,
        oldest.clv_age_days,
        oldest.clv_age_days * hundredths.generated_number / 100.0 as clv_recency_days
    from repeats
    cross join hundredths
    cross join oldest
    cross join parameters

),

final as (

    select
        cast(repeat_count as int) as repeat_count,
        cast(recency_hundredth as int) as recency_hundredth,
        cast(clv_age_days as int) as clv_age_days,
        cast(clv_age_days - clv_recency_days as numeric(18, 2)) as recency_days,
        cast({{ probability_alive('scored') }} as numeric(18, 12)) as probability_alive,
        cast(customer_count as bigint) as customer_count
    from scored

)

select * from final
