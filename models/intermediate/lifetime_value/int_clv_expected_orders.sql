-- One row per day of knowledge, parameter group, repeats, age and days ahead.
-- How many purchases follow in those days, from somebody who still is a customer?
with

delivered_cells as (
    select * from {{ ref('int_clv_cells') }}
),

delivered_terms as (
    select * from {{ ref('int_clv_terms') }}
),

cells as (

    select
        cell_key,
        known_at,
        parameter_group,
        repeat_count,
        clv_age_days,
        horizon_days,
        term_count,
        ln(cast(z as {{ type_double() }})) as log_z,
        cast(shape as {{ type_double() }}) * ln(1 - cast(z as {{ type_double() }}))
            as log_none,
        cast(z as {{ type_double() }})
        * (1 + cast(shape as {{ type_double() }}) / term_count) as ratio
    from delivered_cells

),

terms as (

    select
        known_at,
        parameter_group,
        repeat_count,
        n,
        cast(log_weight as {{ type_double() }}) as log_weight
    from delivered_terms

),

summed as (

    select
        cells.cell_key,
        sum(exp(terms.log_weight + terms.n * cells.log_z + cells.log_none)) as total
    from cells
    inner join terms
        on
            cells.known_at = terms.known_at
            and cells.parameter_group = terms.parameter_group
            and cells.repeat_count = terms.repeat_count
            and cells.term_count >= terms.n
    group by cells.cell_key

),

ended as (

    select
        cells.*,
        summed.total,
        exp(terms.log_weight + terms.n * cells.log_z + cells.log_none) as last_term
    from cells
    inner join summed on cells.cell_key = summed.cell_key
    inner join terms
        on
            cells.known_at = terms.known_at
            and cells.parameter_group = terms.parameter_group
            and cells.repeat_count = terms.repeat_count
            and cells.term_count = terms.n

),

final as (

    select
        known_at,
        parameter_group,
        repeat_count,
        clv_age_days,
        horizon_days,
        cast({{ proven_sum('total', 'last_term', 'ratio') }} as numeric(18, 15))
            as order_count_if_alive
    from ended

)

select * from final
