{#- The expected purchases of a customer who still is one, as a sum with a proven end.

    Somebody who never left would make n purchases with the negative binomial probability of n; of n purchases, those
    are made that come before the customer leaves. All terms are positive, so nothing cancels, for any parameters.
    Euler's transformation of 2F1 has fewer terms, but is 0 by 0 at a = 1 and cancels or grows where a is large. -#}

{#- The days ahead for which customers are predicted. -#}
{% macro clv_horizons() -%}
    {{- return([30, 90, 365]) -}}
{%- endmacro %}


{#- The same as rows. -#}
{% macro clv_horizons_as_rows() -%}
    {% for days in clv_horizons() -%}
        {{ 'union all ' if not loop.first }}select {{ days }} as horizon_days{{ '\n    ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#- The most terms that a sum may have. -#}
{% macro clv_term_limit() -%}
    {{- return(1000) -}}
{%- endmacro %}


{#- How many terms a sum needs: the mean of the negative binomial, six standard deviations, and a tail that falls as
    z^n. The omitted rest is then below a millionth of the sum, which the model checks, row by row. -#}
{% macro clv_term_count(shape, z) -%}
    cast(
            least(
                {{ clv_term_limit() }},
                ceil(
                    ({{ shape }} * {{ z }} + 6 * sqrt({{ shape }} * {{ z }})) / nullif(1 - {{ z }}, 0)
                    + 20 / nullif(-ln({{ z }}), 0)
                )
            ) as int
        )
{%- endmacro %}


{#- The sum, where the rest is proven to be less than a millionth of it; null elsewhere. After the last term each one is
    at most `ratio` times the one before, so that the rest is a geometric series. -#}
{% macro proven_sum(total, last_term, ratio) -%}
    case
            when
                {{ ratio }} < 1
                and {{ last_term }} * {{ ratio }} <= 0.000001 * {{ total }} * (1 - {{ ratio }})
                then {{ total }}
        end
{%- endmacro %}


{#- The probability of still being a customer (BG/NBD). Whoever has bought once cannot have left: one leaves after a repeat
    purchase. On the log scale, where nothing overflows. -#}
{% macro probability_alive(known, recency_days=none) -%}
    {%- set recency_days = recency_days or known ~ '.clv_recency_days' -%}
    case
            when {{ known }}.r is null then null
            when {{ known }}.repeat_count = 0 then 1
            else 1 / (1 + exp(least(
                ln({{ known }}.a) - ln({{ known }}.b + {{ known }}.repeat_count - 1)
                + ({{ known }}.r + {{ known }}.repeat_count) * (
                    ln({{ known }}.alpha + {{ in_weeks(known ~ '.clv_age_days') }})
                    - ln({{ known }}.alpha + {{ in_weeks(recency_days) }})
                ),
                700
            )))
        end
{%- endmacro %}


{#- The probability that a customer who still is one buys nothing for so many days. -#}
{% macro no_purchase_if_alive(known, days) -%}
    exp(
            ({{ known }}.r + {{ known }}.repeat_count) * (
                ln({{ known }}.alpha + {{ in_weeks(known ~ '.clv_age_days') }})
                - ln({{ known }}.alpha + {{ in_weeks(known ~ '.clv_age_days') }} + {{ in_weeks(days) }})
            )
        )
{%- endmacro %}


{#- The value expected of a purchase (Gamma-Gamma): the customer's own mean, drawn to the shop's the more, the fewer
    repeats they have. Null where the repeats brought nothing: the model knows positive amounts only. -#}
{% macro expected_order_amount(parameters, repeat_count, mean_repeat_amount) -%}
    case
                when {{ repeat_count }} > 0 and coalesce({{ mean_repeat_amount }}, 0) <= 0 then null
                when {{ parameters }}.q > 1
                    then
                        cast({{ parameters }}.p as {{ type_double() }})
                        * ({{ parameters }}.v + {{ repeat_count }} * coalesce({{ mean_repeat_amount }}, 0))
                        / (
                            cast({{ parameters }}.p as {{ type_double() }}) * {{ repeat_count }}
                            + {{ parameters }}.q - 1
                        )
            end
{%- endmacro %}


{#- Expected purchases at their value today: those of each stretch between two horizons lie, on average, in its middle. -#}
{% macro discounted_orders(scores) -%}
    {%- set stretch = namespace(start=0, before='0') -%}
    {%- for days in clv_horizons() %}
        {%- set count = scores ~ '.predicted_order_count_' ~ days ~ 'd' -%}
        {{ '+ ' if not loop.first }}cast({{ count }} - {{ stretch.before }} as {{ type_double() }})
            * power(1 + {{ var('clv_discount_rate') }}, -{{ (stretch.start + days) / 730 }})
        {%- set stretch.start = days -%}
        {%- set stretch.before = count %}
            {% endfor -%}
{%- endmacro %}
