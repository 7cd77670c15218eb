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


{#- The standard normal quantile of a probability: the rational approximation of Acklam (2003), relative error below
    1.2e-9. Null outside of 0 to 1. -#}
{% macro normal_quantile(p) -%}
    case
        when {{ p }} <= 0 or {{ p }} >= 1 then null
        when {{ p }} < 0.02425 then {{ _normal_quantile_tail(p) }}
        when {{ p }} > 1 - 0.02425 then -({{ _normal_quantile_tail('(1 - ' ~ p ~ ')') }})
        else {{ _normal_quantile_middle(p) }}
    end
{%- endmacro %}

{% macro _normal_quantile_tail(p) -%}
    {%- set q = 'sqrt(-2 * ln(greatest(cast(' ~ p ~ ' as ' ~ type_double() ~ '), 1e-300)))' -%}
    {{ _polynomial(q, [
        -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00,
        4.374664141464968e+00, 2.938163982698783e+00,
    ]) }} / {{ _polynomial(q, [
        7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00, 1,
    ]) }}
{%- endmacro %}

{% macro _normal_quantile_middle(p) -%}
    {%- set q = '(cast(' ~ p ~ ' as ' ~ type_double() ~ ') - 0.5)' -%}
    {%- set r = q ~ ' * ' ~ q -%}
    {{ q }} * {{ _polynomial(r, [
        -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
        -3.066479806614716e+01, 2.506628277459239e+00,
    ]) }} / {{ _polynomial(r, [
        -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
        -1.328068155288572e+01, 1,
    ]) }}
{%- endmacro %}

{#- A polynomial by Horner's rule, the highest coefficient first. -#}
{% macro _polynomial(x, coefficients) -%}
    {%- set expression = namespace(text='(' ~ coefficients[0] ~ ')') -%}
    {%- for coefficient in coefficients[1:] -%}
        {%- set expression.text = '(' ~ expression.text ~ ' * (' ~ x ~ ') + (' ~ coefficient ~ '))' -%}
    {%- endfor -%}
    {{ expression.text }}
{%- endmacro %}


{#- The t quantile that belongs to a normal quantile z: Cornish and Fisher's expansion to the fourth order (Abramowitz and
    Stegun 26.7.5). At 97.5 % it is .12 % short with 3 degrees of freedom, .01 % with 5, less than 1e-5 with 10; null below 3. -#}
{% macro t_quantile(z, freedom) -%}
    {%- set terms = [
        (4, [1, 0, 1, 0]),
        (96, [5, 0, 16, 0, 3, 0]),
        (384, [3, 0, 19, 0, 17, 0, -15, 0]),
        (92160, [79, 0, 776, 0, 1482, 0, -1920, 0, -945, 0]),
    ] -%}
    {%- set deviate = 'cast(' ~ z ~ ' as ' ~ type_double() ~ ')' -%}
    {%- set count = 'cast(' ~ freedom ~ ' as ' ~ type_double() ~ ')' -%}
    case when {{ freedom }} >= 3 then {{ deviate }}
        {%- set power = namespace(text='1') -%}
        {%- for divisor, coefficients in terms -%}
            {%- set power.text = power.text ~ ' * ' ~ count %}
        + {{ _polynomial(deviate, coefficients) }} / ({{ divisor }} * {{ power.text }})
        {%- endfor %}
    end
{%- endmacro %}
