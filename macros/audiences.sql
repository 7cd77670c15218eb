{#- A text as the rules of audiences compare it: lower case, the answers of a list parted by single semicolons. -#}
{% macro trait_value(expression) -%}
    trim(replace(replace(replace(lower({{ expression }}), '|', ';'), '; ', ';'), ' ;', ';'))
{%- endmacro %}


{#- Whether a customer's value, or one answer of its list, is the one that a rule asks for; any asks for none. -#}
{% macro meets_trait_rule(customer_value, rule_value) -%}
    (
                {{ rule_value }} = 'any'
                or {{ dbt.position("';' || " ~ rule_value ~ " || ';'", "';' || " ~ customer_value ~ " || ';'") }} > 0
            )
{%- endmacro %}


{#- Whether a trait's name has a protected attribute among its words: age, your_age? and age_2024, not package. -#}
{% macro names_protected_attribute(trait, attribute) -%}
    {%- set marks = '?!.,:;/|()[]&+*#=' -%}
    {%- set words = "translate(lower(" ~ trait ~ "), '" ~ marks ~ "', '" ~ '_' * (marks | length) ~ "')" -%}
    {{ dbt.position("'_' || " ~ attribute ~ " || '_'", "'_' || " ~ words ~ " || '_'") }} > 0
{%- endmacro %}
