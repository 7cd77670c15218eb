-- One row per cohort (calendar month of the first order) and month since it, from 0.
-- How many still buy, and what have they brought? Months not yet reached are null.
{% set first_day = modules.datetime.date.fromisoformat(var('earliest_valid_date')) -%}
{% set month_bound = 12 * (as_of_day().year - first_day.year) + 12 -%}
with

cohorts as (
    select * from {{ ref('int_customer_cohort') }}
),

cohort_months as (
    select * from {{ ref('int_cohort_months') }}
),

numbers as (
    {{ dbt.generate_series([month_bound, 1] | max) }}
),

sizes as (

    select
        cohort_month,
        months_since_first_order as reached_month_count,
        count(*) as cohort_customer_count
    from cohorts
    group by 1, 2

),

span as (

    select max(reached_month_count) as month_count
    from sizes

),

months as (

    select cast(numbers.generated_number - 1 as int) as month_number
    from numbers
    inner join span on numbers.generated_number - 1 <= span.month_count

),

grid as (

    select
        sizes.cohort_month,
        months.month_number,
        sizes.cohort_customer_count,
        months.month_number <= sizes.reached_month_count as is_reached,
        {{ dbt.dateadd('month', 'months.month_number + 1', 'sizes.cohort_month') }}
        <= {{ dbt.dateadd('day', 1, as_of_date()) }} as is_complete_period,
        coalesce(cohort_months.active_customer_count, 0) as active_count,
        coalesce(cohort_months.last_active_customer_count, 0) as last_active_count,
        coalesce(cohort_months.net_revenue_amount, 0) as revenue,
        case
            when cohort_months.cohort_month is null then 0
            else cohort_months.margin_amount
        end as margin
    from sizes
    cross join months
    left join cohort_months
        on
            sizes.cohort_month = cohort_months.cohort_month
            and months.month_number = cohort_months.months_since_first_order

),

-- whoever was last seen in a later month had not left before it
accumulated as (

    select
        *,
        sum(last_active_count) over (
            partition by cohort_month order by month_number desc nulls last
            rows between unbounded preceding and current row
        ) as retained_count,
        sum(revenue) over (
            partition by cohort_month order by month_number nulls last
            rows between unbounded preceding and current row
        ) as cumulative_revenue
    from grid

),

final as (

    select
        cohort_month,
        month_number as months_since_first_order,
        is_complete_period,
        cast(cohort_customer_count as bigint) as cohort_customer_count,
        cast(case when is_reached then active_count end as bigint)
            as active_customer_count,
        cast(case when is_reached then retained_count end as bigint)
            as retained_customer_count,
        {{ rounded(
            'case when is_reached then '
            ~ safe_divide('active_count', 'cohort_customer_count')
            ~ ' end', 18, 6
        ) }} as active_share,
        {{ rounded(
            'case when is_reached then '
            ~ safe_divide('retained_count', 'cohort_customer_count')
            ~ ' end', 18, 6
        ) }} as retained_share,
        cast(case when is_reached then revenue end as numeric(18, 2))
            as net_revenue_amount,
        cast(case when is_reached then margin end as numeric(18, 2))
            as margin_amount,
        cast(case when is_reached then cumulative_revenue end as numeric(18, 2))
            as cumulative_net_revenue_amount
    from accumulated

)

select * from final
