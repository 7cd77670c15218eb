-- One row per calendar month, from the first purchase to the as-of day.
-- How many customers came, stayed, went and came back, and does it add up?
{% set first_day = modules.datetime.date.fromisoformat(var('earliest_valid_date')) -%}
{% set month_bound = 12 * (as_of_day().year - first_day.year) + 12 -%}
with

movements as (
    select * from {{ ref('int_customer_movements') }}
),

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
),

numbers as (
    {{ dbt.generate_series([month_bound, 1] | max) }}
),

first_month as (

    select min(ledger_month) as ledger_month
    from movements

),

months as (

    select
        cast(
            {{ dbt.dateadd(
                'month',
                'cast(numbers.generated_number - 1 as int)',
                'first_month.ledger_month'
            ) }} as date
        ) as ledger_month
    from numbers
    cross join first_month

),

buyers as (

    select
        cast({{ dbt.date_trunc('month', 'order_date') }} as date) as ledger_month,
        count(distinct customer_key) as customer_count
    from occasions
    group by 1

),

moved as (

    select
        ledger_month,
        sum(case when movement = 'new' then customer_count end) as new_count,
        sum(case when movement = 'reactivated' then customer_count end) as back_count,
        sum(case when movement = 'churned' then customer_count end) as gone_count
    from movements
    group by 1

),

filled as (

    select
        months.ledger_month,
        coalesce(buyers.customer_count, 0) as buyer_count,
        coalesce(moved.new_count, 0) as new_count,
        coalesce(moved.back_count, 0) as back_count,
        coalesce(moved.gone_count, 0) as gone_count
    from months
    left join buyers on months.ledger_month = buyers.ledger_month
    left join moved on months.ledger_month = moved.ledger_month
    where months.ledger_month <= {{ as_of_date() }}

),

closed as (

    select
        *,
        sum(new_count + back_count - gone_count) over (
            order by ledger_month nulls last
            rows between unbounded preceding and current row
        ) as closing_count
    from filled

),

final as (

    select
        ledger_month,
        {{ dbt.dateadd('month', 1, 'ledger_month') }}
        <= {{ dbt.dateadd('day', 1, as_of_date()) }} as is_complete_period,
        cast(closing_count - new_count - back_count + gone_count as bigint)
            as opening_customer_count,
        cast(new_count as bigint) as new_customer_count,
        cast(buyer_count - new_count - back_count as bigint) as retained_customer_count,
        cast(back_count as bigint) as reactivated_customer_count,
        cast(gone_count as bigint) as churned_customer_count,
        cast(closing_count as bigint) as closing_customer_count
    from closed

)

select * from final
