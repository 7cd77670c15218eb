{#- Ratios of two selection rates from counts: x of n in the group compared, x0 of n0 in the reference group. -#}


{#- The 95 % limits of the ratio by MOVER (Donner and Zou 2012) from the Wilson limits of both rates; they stand for groups
    in which nobody was selected. p, l, u: rate, its lower and upper limit. -#}
{% macro ratio_lower(p, l, u, p0, l0, u0) -%}
    {{ safe_divide(
        l ~ ' * (2 * ' ~ p ~ ' - ' ~ l ~ ')', '(' ~ p ~ ' * ' ~ p0 ~ ' + ' ~ ratio_root(p, l, p0, u0) ~ ')'
    ) }}
{%- endmacro %}

{% macro ratio_upper(p, l, u, p0, l0, u0) -%}
    {{ safe_divide(
        p ~ ' * ' ~ p0 ~ ' + ' ~ ratio_root(p, u, p0, l0), '(' ~ l0 ~ ' * (2 * ' ~ p0 ~ ' - ' ~ l0 ~ '))'
    ) }}
{%- endmacro %}

{% macro ratio_root(p, own_limit, p0, other_limit) -%}
    {%- set rates = p ~ ' * ' ~ p0 -%}
    {%- set factors = '(2 * ' ~ p ~ ' - ' ~ own_limit ~ ') * (2 * ' ~ p0 ~ ' - ' ~ other_limit ~ ')' -%}
    sqrt(greatest({{ rates }} * {{ rates }} - {{ own_limit }} * {{ other_limit }} * {{ factors }}, 0))
{%- endmacro %}


{#- The 95 % limits of the difference of two rates from their Wilson limits (Newcombe 1998, method 10). -#}
{% macro difference_lower(p, l, p0, u0) -%}
    {{ p }} - {{ p0 }} - sqrt(power({{ p }} - {{ l }}, 2) + power({{ u0 }} - {{ p0 }}, 2))
{%- endmacro %}

{% macro difference_upper(p, u, p0, l0) -%}
    {{ p }} - {{ p0 }} + sqrt(power({{ u }} - {{ p }}, 2) + power({{ p0 }} - {{ l0 }}, 2))
{%- endmacro %}


{#- z of the test that the ratio is a limit, with the variance of the rates as they are (Wald): negative where the group's
    rate lies below. Large samples only: where nobody of a small group was selected, its variance is taken for 0. -#}
{% macro ratio_wald_z(p, n, p0, n0, limit) -%}
    {{ safe_divide(
        p ~ ' - ' ~ limit ~ ' * ' ~ p0,
        'sqrt(greatest(' ~ safe_divide(p ~ ' * (1 - ' ~ p ~ ')', n) ~ ' + ' ~ limit ~ ' * ' ~ limit ~ ' * '
        ~ safe_divide(p0 ~ ' * (1 - ' ~ p0 ~ ')', n0) ~ ', 0))'
    ) }}
{%- endmacro %}


{#- The reference rate that is most likely where the ratio is exactly the limit (Miettinen and Nurminen 1985): the smaller
    root of a quadratic. To 15 places: what floats leave of a rate of 0 would be a variance. -#}
{% macro ratio_score_rate(x, n, x0, n0, limit) -%}
    {%- set b = '(' ~ limit ~ ' * ' ~ n ~ ' + ' ~ x ~ ' + ' ~ n0 ~ ' + ' ~ limit ~ ' * ' ~ x0 ~ ')' -%}
    {%- set root = safe_divide(
        b ~ ' - sqrt(greatest(' ~ b ~ ' * ' ~ b ~ ' - 4 * ' ~ limit ~ ' * (' ~ n ~ ' + ' ~ n0 ~ ') * (' ~ x ~ ' + ' ~ x0
        ~ '), 0))',
        '(2 * ' ~ limit ~ ' * (' ~ n ~ ' + ' ~ n0 ~ '))'
    ) -%}
    {{ as_float('cast(' ~ root ~ ' as numeric(38, 15))') }}
{%- endmacro %}


{#- z of the same test with the variance under the hypothesis (score test): also right for small groups. rate: what
    ratio_score_rate gives. -#}
{% macro ratio_score_z(p, n, p0, n0, limit, rate) -%}
    {{ safe_divide(
        p ~ ' - ' ~ limit ~ ' * ' ~ p0,
        'sqrt(greatest(' ~ safe_divide(
            limit ~ ' * ' ~ rate ~ ' * (1 - ' ~ limit ~ ' * ' ~ rate ~ ')', n
        ) ~ ' + ' ~ limit ~ ' * ' ~ limit ~ ' * ' ~ safe_divide(rate ~ ' * (1 - ' ~ rate ~ ')', n0) ~ ', 0))'
    ) }}
{%- endmacro %}


{#- Whether rows of two tables are about the same group of a promotion's comparison. -#}
{% macro same_group(one, other) -%}
    {{ one }}.promotion_id = {{ other }}.promotion_id
            and {{ one }}.basis = {{ other }}.basis
            and {{ one }}.attribute = {{ other }}.attribute
            and {{ one }}.group_name = {{ other }}.group_name
{%- endmacro %}


{#- What may explain a difference: how valuable a customer is, and whether the policy aims at them (target: any column that
    is null for those it does not aim at). -#}
{% macro policy_stratum(value_tier, target) -%}
    {{ value_tier }} || case when {{ target }} is null then '' else ', aimed at' end
{%- endmacro %}
