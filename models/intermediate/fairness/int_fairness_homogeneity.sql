-- One row per promotion (or all), comparison, attribute and group with an odds ratio.
-- Is the difference the same in every stratum, so that one number may stand for all?
with

strata as (
    select * from {{ ref('int_fairness_strata') }}
    where reference_eligible_count > 0
),

conditions as (
    select * from {{ ref('int_fairness_conditions') }}
    where conditional_odds_ratio > 0
),

numbers as (

    select
        strata.promotion_id,
        strata.basis,
        strata.attribute,
        strata.group_name,
        cast(conditions.conditional_odds_ratio as {{ type_double() }}) as odds,
        cast(strata.selected_count as {{ type_double() }}) as x1,
        cast(strata.eligible_count as {{ type_double() }}) as n1,
        cast(strata.reference_eligible_count as {{ type_double() }}) as n0,
        cast(
            strata.selected_count + strata.reference_selected_count
            as {{ type_double() }}
        ) as m
    from strata
    inner join conditions on {{ same_group('strata', 'conditions') }}

),

-- Breslow and Day (1980): the selected of the group that the common odds ratio gives,
-- the root of a quadratic, written so that it stands for an odds ratio of 1 too
expected as (

    select
        *,
        {{ safe_divide(
            '2 * odds * n1 * m',
            '(n0 - m + odds * (n1 + m) + sqrt(greatest('
            ~ '(n0 - m + odds * (n1 + m)) * (n0 - m + odds * (n1 + m))'
            ~ ' + 4 * (1 - odds) * odds * n1 * m, 0)))'
        ) }} as e
    from numbers

),

-- strata in which all or none were selected say nothing
weighed as (

    select
        *,
        {{ safe_divide(1, 'e') }} + {{ safe_divide(1, '(m - e)') }}
        + {{ safe_divide(1, '(n1 - e)') }} + {{ safe_divide(1, '(n0 - m + e)') }}
            as weight
    from expected

),

summed as (

    select
        promotion_id,
        basis,
        attribute,
        group_name,
        count(weight) - 1 as freedom,
        {{ exact_sum('(x1 - e) * (x1 - e) * weight') }} as statistic
    from weighed
    group by promotion_id, basis, attribute, group_name

),

final as (

    select
        promotion_id,
        basis,
        attribute,
        group_name,
        cast(freedom as int) as degrees_of_freedom,
        {{ rounded('statistic', 18, 6) }} as breslow_day_statistic,
        cast({{ chi_square_above('statistic', 'freedom') }} as numeric(38, 20))
            as breslow_day_p
    from summed

)

select * from final
