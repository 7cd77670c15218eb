-- One row per customer and trigger: their birthday, or the day of their first order.
-- When does the day return, and may a message go about it?
with

triggers as (
    select * from {{ ref('triggers') }}
    where is_enabled
),

yearly_days as (
    select * from {{ ref('int_customer_yearly_days') }}
),

month_days as (
    select distinct month_day from yearly_days
),

-- a window may begin in the year before the send date's, or end in the one after it
years as (

    select extract(year from {{ send_date() }}) - 1 as year_number
    union all
    select extract(year from {{ send_date() }}) as year_number
    union all
    select extract(year from {{ send_date() }}) + 1 as year_number

),

year_texts as (

    select
        year_number,
        cast(year_number as {{ dbt.type_string() }}) as year_text
    from years

),

-- 29 February is the 28th in other years; a day that no year has gives none;
-- each comes once, and distinct keeps PostgreSQL from reading it for each customer
days as (

    select distinct
        month_days.month_day,
        year_texts.year_number,
        coalesce(
            {{ try_cast(
                "year_texts.year_text || '-' || month_days.month_day", 'date'
            ) }},
            case
                when month_days.month_day = '02-29'
                    then cast(year_texts.year_text || '-02-28' as date)
            end
        ) as event_date
    from month_days
    cross join year_texts

),

dated as (

    select
        yearly_days.customer_key,
        yearly_days.trigger_name,
        yearly_days.first_order_date,
        triggers.minimum_count,
        days.event_date,
        days.year_number - extract(year from yearly_days.first_order_date)
            as anniversary_number,
        {{ due_date('days.event_date') }} as due_date,
        {{ last_due_date('days.event_date') }} as last_due_date
    from yearly_days
    inner join triggers on yearly_days.trigger_name = triggers.trigger_name
    inner join days on yearly_days.month_day = days.month_day

),

-- one return a customer and trigger, also where a window were as long as a year
ranked as (

    select
        *,
        row_number() over (
            partition by customer_key, trigger_name
            order by due_date asc nulls last
        ) as return_rank
    from dated
    where
        {{ is_listed() }}
        and (first_order_date is null or anniversary_number >= minimum_count)

),

final as (

    select
        customer_key,
        trigger_name,
        event_date,
        due_date,
        last_due_date,
        cast(null as {{ dbt.type_string() }}) as product_id,
        case
            when first_order_date is null
                then 'birthday on ' || {{ as_text('event_date') }}
            else
                'first order on ' || {{ as_text('first_order_date') }}
                || ', anniversary ' || {{ as_text('anniversary_number') }}
                || ' on ' || {{ as_text('event_date') }}
        end as evidence
    from ranked
    where return_rank = 1

)

select * from final
