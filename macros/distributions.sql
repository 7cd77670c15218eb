{#- Tails of the normal, chi-square and t distributions, in arithmetic that every engine has (none has erfc before
    PostgreSQL 16). Exponents are held above -700: PostgreSQL raises an error where others give 0. -#}


{#- exp of a number that is not positive. -#}
{% macro safe_exp(exponent) -%}
    exp(greatest({{ exponent }}, -700))
{%- endmacro %}


{#- The complementary error function for x >= 0: a Chebyshev fit with a relative error of at most 1.2e-7 (Press et al.,
    Numerical Recipes, erfcc). -#}
{% macro erfc(x) -%}
    {%- set t = '(1 / (1 + (' ~ x ~ ') / 2))' -%}
    {%- set terms = [
        -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587,
        -0.82215223, 0.17087277,
    ] -%}
    {{ t }} * {{ safe_exp(
        '-(' ~ x ~ ') * (' ~ x ~ ') + ' ~ (terms | join(' + ' ~ t ~ ' * (')) ~ ')' * (terms | length - 1)
    ) }}
{%- endmacro %}


{#- P(Z <= z) of the standard normal distribution. -#}
{% macro normal_below(z) -%}
    case when {{ z }} > 0 then 1 - ({{ erfc('(' ~ z ~ ') / sqrt(2)') }}) / 2 else ({{ erfc('-(' ~ z ~ ') / sqrt(2)') }}) / 2 end
{%- endmacro %}


{#- P(|Z| >= |z|), the p-value of a two-sided test. -#}
{% macro normal_two_sided(z) -%}
    {{ erfc('abs(' ~ z ~ ') / sqrt(2)') }}
{%- endmacro %}


{#- P(|T| >= |t|) with so many degrees of freedom, by Wallace's transform to a normal deviate (1959): within .2 % from
    10 degrees of freedom on. -#}
{% macro t_two_sided(t, freedom) -%}
    {{ normal_two_sided(
        '((8 * (' ~ freedom ~ ') + 1) / (8 * (' ~ freedom ~ ') + 3) * sqrt((' ~ freedom ~ ') * ln(1 + ('
        ~ t ~ ') * (' ~ t ~ ') / (' ~ freedom ~ '))))'
    ) }}
{%- endmacro %}


{#- P(X >= x) of the chi-square distribution. Up to 20 degrees of freedom by its finite series (Abramowitz and Stegun
    26.4.4 and 26.4.5), as exact as erfc; above, by Wilson and Hilferty's cube root (1931), which is good near the usual
    limits of significance and not in the far tail. Null without degrees of freedom. Spark divides 1.0, a decimal of two
    digits, by 3 to six places; 1e0 is a float there. -#}
{% macro chi_square_above(x, freedom) -%}
    case
        when {{ freedom }} < 1 or {{ x }} is null then null
        when {{ x }} <= 0 then 1
        when {{ freedom }} > 20
            then 1 - {{ normal_below(
                '((power((' ~ x ~ ') / (' ~ freedom ~ '), 1e0 / 3) - 1 + 2e0 / (9 * (' ~ freedom
                ~ '))) / sqrt(2e0 / (9 * (' ~ freedom ~ '))))'
            ) }}
        when mod({{ freedom }}, 2) = 0 then {{ safe_exp('-(' ~ x ~ ') / 2') }} * (1
            {%- set term = namespace(text='1.0') -%}
            {%- for j in range(1, 10) -%}
                {%- set term.text = term.text ~ ' * (' ~ x ~ ') / ' ~ (2 * j) %}
            + case when {{ freedom }} > {{ 2 * j }} then {{ term.text }} else 0 end
            {%- endfor %})
        else {{ erfc('sqrt((' ~ x ~ ') / 2)') }}
            + sqrt(2 * ({{ x }}) / {{ pi() }}) * {{ safe_exp('-(' ~ x ~ ') / 2') }} * (0
            {%- set term = namespace(text='1.0') -%}
            {%- for j in range(0, 9) -%}
                {%- if j > 0 -%}{%- set term.text = term.text ~ ' * (' ~ x ~ ') / ' ~ (2 * j + 1) -%}{%- endif %}
            + case when {{ freedom }} > {{ 2 * j + 1 }} then {{ term.text }} else 0 end
            {%- endfor %})
    end
{%- endmacro %}


{% macro pi() -%}
    3.141592653589793
{%- endmacro %}
