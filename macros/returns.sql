{#- Kaplan and Meier: the share that has returned by a duration. The share still away is a product, summed here as
    logarithms; where all who are left return it is 0, of which there is no logarithm. -#}
{% macro returned_share(returned, at_risk, duration, partition=none) -%}
    cast(
            1 - case when {{ returned }} < {{ at_risk }} then 1 else 0 end
            * exp(sum(
                case
                    when {{ returned }} < {{ at_risk }}
                        then ln(1 - {{ safe_divide(returned, at_risk) }})
                    else 0
                end
            ) over (
                {% if partition %}partition by {{ partition }}{% endif %}
                order by {{ duration }} nulls last
                rows between unbounded preceding and current row
            ))
            as numeric(18, 12)
        )
{%- endmacro %}


{#- The curve of those who will return, which ends at 1; rounded, so that what is a half on paper is a half here. -#}
{% macro share_of_returners(returned_share, last_share) -%}
    round(cast({{ safe_divide(returned_share, last_share) }} as numeric(18, 12)), 9)
{%- endmacro %}


{#- The duration at which that curve is a half. As in any median, a half that is met exactly lies midway to the next. -#}
{% macro middle_of_returns(share, duration, next_duration) -%}
    coalesce(
                max(case when {{ share }} = 0.5 then ({{ duration }} + {{ next_duration }}) / 2.0 end),
                min(case when {{ share }} > 0.5 then {{ duration }} end)
            )
{%- endmacro %}


{#- The days until the next order: a customer's own median gap, with few gaps drawn towards the shop's, without one
    the shop's first return. -#}
{% macro expected_gap(gap_count, own_gap, shop_gap, first_return_gap) -%}
    {%- set gap -%}
            case
                when coalesce({{ gap_count }}, 0) = 0 then {{ first_return_gap }}
                when {{ gap_count }} >= {{ var('cadence_minimum_gaps') }} then {{ own_gap }}
                else {{ safe_divide(
                    gap_count ~ ' * ' ~ own_gap ~ ' + ' ~ var('cadence_minimum_gaps') ~ ' * ' ~ shop_gap,
                    '(' ~ gap_count ~ ' + ' ~ var('cadence_minimum_gaps') ~ ')'
                ) }}
            end
    {%- endset -%}
    {{ rounded(gap, 18, 2) }}
{%- endmacro %}
