-- One row per day of knowledge, parameter group, repeats and number of purchases.
-- How does that number weigh in the sum, whatever the age and the days ahead?
with

cells as (
    select * from {{ ref('int_clv_cells') }}
),

generated as (
    {{ dbt.generate_series(clv_term_limit()) }}
),

numbers as (
    select cast(generated_number as int) as n from generated
),

shapes as (

    select
        known_at,
        parameter_group,
        repeat_count,
        cast(shape as {{ type_double() }}) as shape,
        cast(staying as {{ type_double() }}) as staying,
        cast(leaving as {{ type_double() }}) as leaving,
        max(term_count) as term_count
    from cells
    group by 1, 2, 3, 4, 5, 6

),

-- the n-th purchase comes if none of the n - 1 before it was the last
steps as (

    select
        shapes.known_at,
        shapes.parameter_group,
        shapes.repeat_count,
        numbers.n,
        sum(ln((shapes.shape + numbers.n - 1) / numbers.n)) over (
            partition by
                shapes.known_at, shapes.parameter_group, shapes.repeat_count
            order by numbers.n nulls last
            rows between unbounded preceding and current row
        ) as log_ways,
        coalesce(sum(
            ln(
                (shapes.staying + numbers.n - 1)
                / (shapes.staying + shapes.leaving + numbers.n - 1)
            )
        ) over (
            partition by
                shapes.known_at, shapes.parameter_group, shapes.repeat_count
            order by numbers.n nulls last
            rows between unbounded preceding and 1 preceding
        ), 0) as log_stayed
    from shapes
    inner join numbers on shapes.term_count >= numbers.n

),

final as (

    select
        known_at,
        parameter_group,
        repeat_count,
        n,
        cast(
            log_ways + ln(sum(exp(log_stayed)) over (
                partition by known_at, parameter_group, repeat_count
                order by n nulls last
                rows between unbounded preceding and current row
            )) as numeric(38, 20)
        ) as log_weight
    from steps

)

select * from final
