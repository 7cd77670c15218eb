{#- Statistics of a comparison with a control group: 1 is the treatment, 0 the control; m mean, v variance, n people. -#}


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


{#- Degrees of freedom of the difference of two means (Welch and Satterthwaite). -#}
{% macro welch_freedom(v1, n1, v0, n0) -%}
    {%- set one = safe_divide(v1, n1) -%}
    {%- set other = safe_divide(v0, n0) -%}
    {{ safe_divide(
        '(' ~ one ~ ' + ' ~ other ~ ') * (' ~ one ~ ' + ' ~ other ~ ')',
        '(' ~ safe_divide(one ~ ' * ' ~ one, n1 ~ ' - 1') ~ ' + ' ~ safe_divide(other ~ ' * ' ~ other, n0 ~ ' - 1') ~ ')'
    ) }}
{%- endmacro %}


{#- Variance of the relative lift (m1 - m0) / |m0|, by the delta method. -#}
{% macro relative_lift_variance(m1, v1, n1, m0, v0, n0) -%}
    {{ safe_divide(v1, n1 ~ ' * ' ~ m0 ~ ' * ' ~ m0) }}
    + {{ safe_divide(v0 ~ ' * ' ~ m1 ~ ' * ' ~ m1, n0 ~ ' * ' ~ m0 ~ ' * ' ~ m0 ~ ' * ' ~ m0 ~ ' * ' ~ m0) }}
{%- endmacro %}


{#- z of the test that two rates are equal, with the variance of both together: x of n. -#}
{% macro pooled_rate_z(x1, n1, x0, n0) -%}
    {%- set rate = safe_divide('(' ~ x1 ~ ' + ' ~ x0 ~ ')', '(' ~ n1 ~ ' + ' ~ n0 ~ ')') -%}
    {{ safe_divide(
        '(' ~ safe_divide(x1, n1) ~ ' - ' ~ safe_divide(x0, n0) ~ ')',
        'sqrt(greatest(' ~ rate ~ ' * (1 - ' ~ rate ~ ') * (' ~ safe_divide(1, n1) ~ ' + ' ~ safe_divide(1, n0) ~ '), 0))'
    ) }}
{%- endmacro %}


{#- The difference of means that would be found with the given power: the quantiles of both errors by the standard error. -#}
{% macro detectable_mean(variance, n1, n0, z_alpha, z_power) -%}
    ({{ z_alpha }} + {{ z_power }}) * sqrt(greatest(
        {{ variance }} * ({{ safe_divide(1, n1) }} + {{ safe_divide(1, n0) }}), 0
    ))
{%- endmacro %}


{#- The same for a rate, tested with the pooled variance: one step towards the d with d = z_alpha se(pooled) + z_power se(p0,
    p0 + d). From detectable_mean on, eight steps are within 1e-6. The rate cannot be above 1. -#}
{% macro detectable_rate_step(d, p0, n1, n0, z_alpha, z_power) -%}
    {%- set p1 = 'least(' ~ p0 ~ ' + ' ~ d ~ ', 1)' -%}
    {%- set rate = safe_divide('(' ~ n1 ~ ' * ' ~ p1 ~ ' + ' ~ n0 ~ ' * ' ~ p0 ~ ')', '(' ~ n1 ~ ' + ' ~ n0 ~ ')') -%}
    {{ z_alpha }} * sqrt(greatest(
        {{ rate }} * (1 - {{ rate }}) * ({{ safe_divide(1, n1) }} + {{ safe_divide(1, n0) }}), 0
    )) + {{ z_power }} * sqrt(greatest(
        {{ safe_divide(p1 ~ ' * (1 - ' ~ p1 ~ ')', n1) }} + {{ safe_divide(p0 ~ ' * (1 - ' ~ p0 ~ ')', n0) }}, 0
    ))
{%- endmacro %}


{#- The tuning parameter of an always-valid interval that is narrowest at so many people (Waudby-Smith et al. 2021, asymptotic
    confidence sequences; the form that GrowthBook documents). -#}
{% macro always_valid_rho(alpha, tuning_count) -%}
    sqrt({{ safe_divide(
        '(-2 * ln(' ~ alpha ~ ') + ln(-2 * ln(' ~ alpha ~ ') + 1))', tuning_count
    ) }})
{%- endmacro %}


{#- Half the width of the interval: it covers at every look, however often one looks. -#}
{% macro always_valid_half_width(standard_error, people, rho, alpha) -%}
    {%- set scaled = '(' ~ people ~ ' * ' ~ rho ~ ' * ' ~ rho ~ ' + 1)' -%}
    {{ standard_error }} * sqrt({{ people }}) * sqrt({{ safe_divide(
        '2 * ' ~ scaled ~ ' * ln(sqrt(' ~ scaled ~ ') / ' ~ alpha ~ ')',
        '(cast(' ~ people ~ ' as ' ~ type_double() ~ ') * ' ~ people ~ ' * ' ~ rho ~ ' * ' ~ rho ~ ')'
    ) }})
{%- endmacro %}


{#- Its p: the smallest alpha whose interval leaves 0 out, at most 1. -#}
{% macro always_valid_p(difference, standard_error, people, rho) -%}
    {%- set scaled = '(' ~ people ~ ' * ' ~ rho ~ ' * ' ~ rho ~ ' + 1)' -%}
    least(1, sqrt({{ scaled }}) * {{ safe_exp(
        '-' ~ safe_divide(
            rho ~ ' * ' ~ rho ~ ' * ' ~ difference ~ ' * ' ~ difference ~ ' * ' ~ people,
            '(2 * ' ~ standard_error ~ ' * ' ~ standard_error ~ ' * ' ~ scaled ~ ')'
        )
    ) }})
{%- endmacro %}


{#- Variance of a sample from exact sums; null below two, never below 0. -#}
{% macro sample_variance(total, total_of_squares, people) -%}
    greatest({{ safe_divide(
        '(cast(' ~ total_of_squares ~ ' as ' ~ type_double() ~ ') - '
        ~ safe_divide('cast(' ~ total ~ ' as ' ~ type_double() ~ ') * ' ~ total, people) ~ ')',
        '(' ~ people ~ ' - 1)'
    ) }}, case when {{ people }} > 1 then 0 end)
{%- endmacro %}

{#- Covariance of a sample from exact sums. -#}
{% macro sample_covariance(total_of_products, total, other_total, people) -%}
    {{ safe_divide(
        '(cast(' ~ total_of_products ~ ' as ' ~ type_double() ~ ') - '
        ~ safe_divide('cast(' ~ total ~ ' as ' ~ type_double() ~ ') * ' ~ other_total, people) ~ ')',
        '(' ~ people ~ ' - 1)'
    ) }}
{%- endmacro %}


{#- Variance of an outcome less theta times the same measure before (CUPED; Deng et al. 2013). -#}
{% macro adjusted_variance(variance, earlier_variance, covariance, theta) -%}
    case
        when {{ variance }} is not null and {{ theta }} is not null
            then greatest(
                {{ variance }} + {{ theta }} * {{ theta }} * {{ earlier_variance }} - 2 * {{ theta }} * {{ covariance }}, 0
            )
    end
{%- endmacro %}


{#- Whether rows of two tables are about the same difference: comparison, segment, treatment arm and metric. -#}
{% macro same_effect(one, other) -%}
    {{ one }}.experiment_key = {{ other }}.experiment_key
            and {{ one }}.segment = {{ other }}.segment
            and {{ one }}.arm = {{ other }}.arm
            and {{ one }}.metric = {{ other }}.metric
{%- endmacro %}
