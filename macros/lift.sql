{#- Statistics of a comparison with a control group: 1 is the treatment, 0 the control; m mean, v variance, n people. -#}


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
