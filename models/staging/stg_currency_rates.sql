-- One row per currency and day, from the currency's first rate to the as-of day.
-- What was a unit worth in the reporting currency? The last earlier rate counts.
{% set first_day = var('earliest_valid_date') %}
{% set first = modules.datetime.date.fromisoformat(first_day) %}
{% set day_count = [(as_of_day() - first).days + 1, 1] | max %}
with

exchange_rates as (
    select * from {{ ref('stg_exchange_rates') }}
),

fallback_rates as (
    select * from {{ ref('currencies') }}
),

numbers as (
    {{ dbt.generate_series(day_count) }}
),

days as (

    select
        cast(
            {{ dbt.dateadd(
                'day', 'generated_number - 1', "cast('" ~ first_day ~ "' as date)"
            ) }} as date
        ) as rate_date
    from numbers

),

-- the seed speaks only for days before the first rate that the shop delivered
first_delivered as (

    select upper(currency) as currency, min(rate_date) as first_rate_date
    from exchange_rates
    group by 1

),

rates as (

    select upper(currency) as currency, rate_date, rate
    from exchange_rates

    union all

    select
        upper(fallback_rates.currency) as currency,
        fallback_rates.rate_date,
        fallback_rates.rate
    from fallback_rates
    left join first_delivered
        on upper(fallback_rates.currency) = first_delivered.currency
    where
        upper(fallback_rates.reporting_currency) = {{ reporting_currency() }}
        and coalesce(fallback_rates.rate_date < first_delivered.first_rate_date, true)

),

periods as (

    select
        currency,
        rate_date,
        rate,
        lead(rate_date) over (
            partition by currency
            order by rate_date, rate
        ) as next_rate_date
    from rates

),

final as (

    select
        periods.currency,
        days.rate_date,
        cast(periods.rate as numeric(18, 8)) as rate
    from periods
    inner join days
        on
            periods.rate_date <= days.rate_date
            and coalesce(periods.next_rate_date > days.rate_date, true)

)

select * from final
