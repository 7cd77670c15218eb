-- One row per variable that decisions use and protected attribute.
-- Does a segment, tier or region stand in for a group?
with

cells as (
    select * from {{ ref('int_attribute_cells') }}
),

limits as (
    select * from {{ ref('fairness_limits') }}
),

told_apart as (
    select * from {{ ref('int_attribute_errors') }}
),

margins as (

    select
        *,
        cast(customer_count as {{ type_double() }}) as observed,
        sum(cast(customer_count as {{ type_double() }})) over (
            partition by variable, attribute
        ) as total,
        sum(customer_count) over (partition by variable, attribute, value) as row_total,
        sum(customer_count) over (partition by variable, attribute, group_name)
            as column_total
    from cells

),

summed as (

    select
        variable,
        attribute,
        max(total) as total,
        count(distinct value) as row_count,
        count(distinct group_name) as column_count,
        max(total) * (
            {{ exact_sum('observed * observed / (row_total * column_total)') }} - 1
        ) as chi_square,
        {{ exact_sum(
            'observed / total * ln(observed * total / (row_total * column_total))'
        ) }} as information,
        -{{ exact_sum('observed / total * ln(column_total / total)') }}
            as column_entropy
    from margins
    group by variable, attribute

),

measured as (

    select
        summed.*,
        limits.proxy_warning_v,
        limits.proxy_failure_v,
        limits.proxy_significance_level,
        {{ cramers_v(
            'summed.chi_square', 'summed.total',
            'summed.row_count', 'summed.column_count'
        ) }} as v,
        (summed.row_count - 1) * (summed.column_count - 1) as freedom,
        told_apart.balanced_error_rate
    from summed
    inner join limits on limits.attribute = 'any'
    left join told_apart
        on
            summed.variable = told_apart.variable
            and summed.attribute = told_apart.attribute

),

tested as (

    select
        *,
        {{ chi_square_above('chi_square', 'freedom') }} as p
    from measured

),

final as (

    select
        variable,
        attribute,
        cast(total as bigint) as customer_count,
        cast(row_count as int) as value_count,
        cast(column_count as int) as group_count,
        cast(chi_square as numeric(28, 8)) as chi_square_statistic,
        cast(p as numeric(38, 20)) as chi_square_p,
        cast(v as numeric(18, 8)) as cramers_v,
        cast(information as numeric(18, 8)) as mutual_information,
        {{ rounded('2 * total * information', 28, 6) }} as g_statistic,
        cast({{ safe_divide('information', 'column_entropy') }} as numeric(18, 8))
            as uncertainty_coefficient,
        balanced_error_rate,
        case
            when v is null then 'INSUFFICIENT'
            when v >= proxy_failure_v and p < proxy_significance_level then 'FAIL'
            when v >= proxy_warning_v and p < proxy_significance_level then 'WARN'
            else 'PASS'
        end as verdict
    from tested

)

select * from final
