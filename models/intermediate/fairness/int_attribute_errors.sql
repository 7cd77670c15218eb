-- One row per variable and protected attribute.
-- How well does the variable alone tell one group from the rest?
with

cells as (
    select * from {{ ref('int_attribute_cells') }}
),

margins as (

    select
        variable,
        attribute,
        group_name,
        customer_count as observed,
        sum(customer_count) over (partition by variable, attribute) as total,
        sum(customer_count) over (partition by variable, attribute, value) as row_total,
        sum(customer_count) over (partition by variable, attribute, group_name)
            as column_total
    from cells

),

-- one group against the rest, by the best rule that knows the variable alone; values
-- without the group add nothing
by_group as (

    select
        variable,
        attribute,
        group_name,
        {{ exact_sum(
            'least(' ~ safe_divide('observed', 'column_total') ~ ', '
            ~ safe_divide('row_total - observed', '(total - column_total)') ~ ')'
        ) }} / 2 as error_rate
    from margins
    where
        column_total < total
        and column_total >= {{ var('smallest_published_count') }}
    group by variable, attribute, group_name

),

final as (

    select
        variable,
        attribute,
        cast(min(error_rate) as numeric(18, 8)) as balanced_error_rate
    from by_group
    group by variable, attribute

)

select * from final
