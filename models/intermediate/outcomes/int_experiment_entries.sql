-- One row per customer, promotion (or universal), draw, population and period.
-- Whom does a comparison of arms count, and from when on?
with

arms as (
    select * from {{ ref('int_experiment_arms') }}
),

selections as (
    select * from {{ ref('int_promotion_selection_history') }}
    where as_of_date <= {{ as_of_date() }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

occasions as (
    select * from {{ ref('int_purchase_occasions') }}
),

quarters as (

    select distinct
        cast({{ dbt.date_trunc('quarter', 'order_date') }} as date) as quarter
    from occasions

),

bounded as (

    select
        {{ start_of_day('quarter') }} as starts_at,
        {{ start_of_day(dbt.dateadd('month', 3, 'quarter')) }} as ends_at,
        cast(extract(year from quarter) as {{ dbt.type_string() }}) || '-Q'
        || cast(extract(quarter from quarter) as {{ dbt.type_string() }}) as period
    from quarters

),

first_selected as (

    select
        customers.customer_key,
        selections.promotion_id,
        selections.salt,
        min(selections.as_of_date) as as_of_date
    from selections
    inner join customers on selections.customer_id = customers.customer_id
    group by customers.customer_key, selections.promotion_id, selections.salt

),

-- as assigned, whatever they got; those to whom the promotion would have gone; and the
-- universal holdout, quarter by quarter
entries as (

    select
        arms.*,
        'assigned' as population,
        'all' as period,
        arms.assigned_at as starts_at,
        cast(null as timestamp) as ends_at
    from arms
    where arms.promotion_id != 'universal'

    union all

    select
        arms.*,
        'would_be_selected' as population,
        'all' as period,
        {{ start_of_day(dbt.dateadd('day', 1, 'first_selected.as_of_date')) }}
            as starts_at,
        cast(null as timestamp) as ends_at
    from arms
    inner join first_selected
        on
            arms.customer_key = first_selected.customer_key
            and arms.promotion_id = first_selected.promotion_id
            and arms.draw = first_selected.salt

    union all

    select
        arms.*,
        'assigned' as population,
        bounded.period,
        greatest(arms.assigned_at, bounded.starts_at) as starts_at,
        bounded.ends_at
    from arms
    inner join bounded on arms.assigned_at < bounded.ends_at
    where arms.promotion_id = 'universal'

),

final as (

    select
        customer_key,
        promotion_id,
        draw,
        population,
        period,
        arm,
        is_control,
        holdout_share,
        cast(starts_at as timestamp) as starts_at,
        cast(ends_at as timestamp) as ends_at
    from entries

)

select * from final
