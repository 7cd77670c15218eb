-- One row per promotion (or all), comparison and attribute.
-- Do the strata that may explain a difference stand in for the attribute themselves?
with

strata as (
    select * from {{ ref('int_fairness_strata') }}
    where not has_unknown
),

margins as (

    select
        *,
        cast(eligible_count as {{ type_double() }}) as observed,
        sum(eligible_count) over (
            partition by promotion_id, basis, attribute, group_name
        ) as group_total,
        cast(sum(eligible_count) over (
            partition by promotion_id, basis, attribute, stratum
        ) as {{ type_double() }}) as stratum_total,
        sum(eligible_count) over (
            partition by promotion_id, basis, attribute
        ) as total
    from strata

),

summed as (

    select
        promotion_id,
        basis,
        attribute,
        max(total) as total,
        count(distinct stratum) as row_count,
        count(distinct group_name) as column_count,
        max(total) * (
            {{ exact_sum(safe_divide(
                'observed * observed', '(stratum_total * group_total)'
            )) }}
            - 1
        ) as chi_square
    from margins
    group by promotion_id, basis, attribute

),

measured as (

    select
        *,
        greatest(chi_square, 0) as statistic,
        (row_count - 1) * (column_count - 1) as freedom
    from summed

),

final as (

    select
        promotion_id,
        basis,
        attribute,
        cast(
            {{ cramers_v('statistic', 'total', 'row_count', 'column_count') }}
            as numeric(18, 8)
        ) as stratum_cramers_v,
        cast({{ chi_square_above('statistic', 'freedom') }} as numeric(38, 20))
            as stratum_p
    from measured

)

select * from final
