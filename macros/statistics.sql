{#- The 97.5 % quantile of the standard normal distribution: 95 % of it lie within so many standard deviations. -#}
{% macro normal_975() -%}
    1.959964
{%- endmacro %}


{#- The lower limit of a share, 95 % unless another quantile z is given (Wilson 1927): good from a single trial on, and never
    below 0. Null without trials. -#}
{% macro wilson_lower(successes, trials, z=normal_975()) -%}
    greatest(
        {{ safe_divide(
            successes ~ ' + ' ~ z ~ ' * ' ~ z ~ ' / 2 - ' ~ z ~ ' * sqrt('
            ~ safe_divide('(' ~ successes ~ ') * (' ~ trials ~ ' - (' ~ successes ~ '))', trials)
            ~ ' + ' ~ z ~ ' * ' ~ z ~ ' / 4)',
            trials ~ ' + ' ~ z ~ ' * ' ~ z
        ) }},
        0
    )
{%- endmacro %}


{#- The upper limit: what the lower limit of the failures leaves. -#}
{% macro wilson_upper(successes, trials, z=normal_975()) -%}
    1 - {{ wilson_lower(trials ~ ' - ' ~ successes, trials, z) }}
{%- endmacro %}


{#- The standard error of the logarithm of lift, p_ab / (p_a p_b), by the delta method, from counts. Both, the one alone,
    the other alone and neither are multinomial; the gradient of ln p_ab - ln p_a - ln p_b has mean -1 and mean square
    1/p_ab - 1/p_a - 1/p_b + 2 p_ab / (p_a p_b), so their variance is that less 1, by the trials. Floats may miss 0;
    the same in both directions. -#}
{% macro log_lift_error(both, one, other, trials) -%}
    sqrt(greatest(
        {{ safe_divide(1, both) }}
        - ({{ safe_divide(1, one) }} + {{ safe_divide(1, other) }})
        + 2 * {{ safe_divide(both, one ~ ' * ' ~ other) }}
        - {{ safe_divide(1, trials) }},
        0
    ))
{%- endmacro %}


{#- A limit of lift, 95 %; sign: '-' for the lower, '+' for the upper. -#}
{% macro lift_limit(sign, lift, log_lift_error) -%}
    {{ lift }} * exp({{ sign }} {{ normal_975() }} * {{ log_lift_error }})
{%- endmacro %}


{#- Cramér's V of a table of counts, corrected for bias (Bergsma 2013): without it many small groups look associated by
    chance. Null where the table has one row or one column. -#}
{% macro cramers_v(chi_square, total, row_count, column_count) -%}
    {%- set rows = '(' ~ row_count ~ ' - ' ~ safe_divide('(' ~ row_count ~ ' - 1) * (' ~ row_count ~ ' - 1)', '(' ~ total ~ ' - 1)') ~ ')' -%}
    {%- set columns = '(' ~ column_count ~ ' - ' ~ safe_divide('(' ~ column_count ~ ' - 1) * (' ~ column_count ~ ' - 1)', '(' ~ total ~ ' - 1)') ~ ')' -%}
    case
        when {{ row_count }} > 1 and {{ column_count }} > 1
            then sqrt(least(greatest({{ safe_divide(
                safe_divide(chi_square, total) ~ ' - ' ~ safe_divide(
                    '(' ~ row_count ~ ' - 1) * (' ~ column_count ~ ' - 1)', '(' ~ total ~ ' - 1)'
                ),
                'greatest(least(' ~ rows ~ ', ' ~ columns ~ ') - 1, 0)'
            ) }}, 0), 1))
    end
{%- endmacro %}


{#- A statistic as a decimal: 15 digits behind the point, and null where it is too large to mean anything. -#}
{% macro as_statistic(value) -%}
    cast(case when abs({{ value }}) < 1e20 then {{ value }} end as numeric(38, 15))
{%- endmacro %}


{#- A decimal as a float again: products of such decimals would need more digits than there are. -#}
{% macro as_float(value) -%}
    cast({{ value }} as {{ type_double() }})
{%- endmacro %}


{#- An amount of the reporting currency; null where it is too large to mean anything. -#}
{% macro as_money(value) -%}
    {{ rounded('case when abs(' ~ value ~ ') < 1e15 then ' ~ value ~ ' end', 18, 2) }}
{%- endmacro %}
