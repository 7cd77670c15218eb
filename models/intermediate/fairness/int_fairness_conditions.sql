-- One row per promotion (or all), comparison, attribute and group.
-- What is left of a difference among customers of the same value?
with

strata as (
    select * from {{ ref('int_fairness_strata') }}
),

numbers as (

    select
        *,
        cast(selected_count as {{ type_double() }}) as x1,
        cast(eligible_count as {{ type_double() }}) as n1,
        cast(reference_selected_count as {{ type_double() }}) as x0,
        cast(reference_eligible_count as {{ type_double() }}) as n0,
        cast(selected_count + reference_selected_count as {{ type_double() }}) as m,
        cast(eligible_count + reference_eligible_count as {{ type_double() }}) as n,
        cast(stratum_eligible_count as {{ type_double() }}) as size,
        {{ safe_divide(
            'eligible_count - selected_count',
            '(stratum_eligible_count - stratum_selected_count)'
        ) }} as share_of_rejected,
        {{ safe_divide('selected_count', 'stratum_selected_count') }}
            as share_of_selected
    from strata

),

-- Mantel and Haenszel's sums; the variance of the ratio is Greenland and Robins's (1985
summed as (

    select
        promotion_id,
        basis,
        attribute,
        group_name,
        count(case when n0 > 0 then 1 end) as stratum_count,
        {{ exact_sum('case when n0 > 0 then size * x1 / n1 end') }}
            as standard_selected,
        {{ exact_sum('case when n0 > 0 then size * x0 / n0 end') }}
            as standard_reference,
        sum(case when n0 > 0 then size end) as standard_size,
        {{ exact_sum('x1 * n0 / n') }} as risk_one,
        {{ exact_sum('x0 * n1 / n') }} as risk_zero,
        {{ exact_sum('(n1 * n0 * m - x1 * x0 * n) / (n * n)') }} as risk_variance,
        {{ exact_sum('x1 * (n0 - x0) / n') }} as odds_one,
        {{ exact_sum('x0 * (n1 - x1) / n') }} as odds_zero,
        {{ exact_sum('case when n0 > 0 then x1 - n1 * m / n end') }} as excess,
        {{ exact_sum(
            'case when n0 > 0 and n > 1'
            ~ ' then n1 * n0 * m * (n - m) / (n * n * (n - 1)) end'
        ) }} as excess_variance,
        {{ exact_sum(
            'size * (coalesce(share_of_rejected, 0) - coalesce(share_of_selected, 0))'
        ) }} as disparity,
        sum(size) as total_size,
        min(score_z) as lowest_z
    from numbers
    group by promotion_id, basis, attribute, group_name

),

final as (

    select
        promotion_id,
        basis,
        attribute,
        group_name,
        cast(stratum_count as int) as stratum_count,
        -- the worst stratum, as one of so many (Bonferroni)
        cast(
            least(stratum_count * ({{ normal_below('lowest_z') }}), 1)
            as numeric(38, 20)
        ) as worst_stratum_p,
        cast({{ safe_divide('standard_selected', 'standard_size') }} as numeric(28, 10))
            as standardised_rate,
        cast(
            {{ safe_divide('standard_reference', 'standard_size') }} as numeric(28, 10)
        ) as standardised_reference_rate,
        cast({{ safe_divide('risk_one', 'risk_zero') }} as numeric(28, 10))
            as conditional_ratio,
        cast(
            {{ safe_divide('risk_one', 'risk_zero') }}
            * exp(-{{ normal_975() }} * sqrt(
                {{ safe_divide('risk_variance', '(risk_one * risk_zero)') }}
            )) as numeric(28, 10)
        ) as conditional_ratio_lower,
        cast(
            {{ safe_divide('risk_one', 'risk_zero') }}
            * exp({{ normal_975() }} * sqrt(
                {{ safe_divide('risk_variance', '(risk_one * risk_zero)') }}
            )) as numeric(28, 10)
        ) as conditional_ratio_upper,
        cast({{ safe_divide('odds_one', 'odds_zero') }} as numeric(28, 10))
            as conditional_odds_ratio,
        cast({{ safe_divide(
            'power(abs(excess) - case when abs(excess) >= 0.5 then 0.5 else 0 end, 2)',
            'excess_variance'
        ) }} as numeric(18, 8)) as cmh_statistic,
        cast({{ safe_divide('disparity', 'total_size') }} as numeric(28, 10))
            as conditional_disparity
    from summed

)

select * from final
