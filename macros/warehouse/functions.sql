{% macro try_cast(expression, data_type) -%}
    {{ return(adapter.dispatch('try_cast', 'lifetime_segments')(expression, data_type)) }}
{%- endmacro %}

{% macro default__try_cast(expression, data_type) -%}
    try_cast({{ expression }} as {{ data_type }})
{%- endmacro %}


{#- Whether a text contains a match of a regular expression. -#}
{% macro matches(expression, pattern) -%}
    {{ return(adapter.dispatch('matches', 'lifetime_segments')(expression, pattern)) }}
{%- endmacro %}

{% macro default__matches(expression, pattern) -%}
    regexp_matches({{ expression }}, '{{ pattern }}')
{%- endmacro %}


{#- SHA-256 of a text's UTF-8 bytes, as lower-case hex. -#}
{% macro sha256_hex(expression) -%}
    {{ return(adapter.dispatch('sha256_hex', 'lifetime_segments')(expression)) }}
{%- endmacro %}

{% macro default__sha256_hex(expression) -%}
    sha256({{ expression }})
{%- endmacro %}

{% macro postgres__sha256_hex(expression) -%}
    encode(sha256(convert_to({{ expression }}, 'UTF8')), 'hex')
{%- endmacro %}

{% macro spark__sha256_hex(expression) -%}
    sha2({{ expression }}, 256)
{%- endmacro %}


{#- A new random UUID as text, made by the warehouse: no two runs of the same SQL give the same. -#}
{% macro random_uuid() -%}
    {{ return(adapter.dispatch('random_uuid', 'lifetime_segments')()) }}
{%- endmacro %}

{% macro default__random_uuid() -%}
    cast(gen_random_uuid() as {{ dbt.type_string() }})
{%- endmacro %}

{% macro postgres__random_uuid() -%}
    cast(gen_random_uuid() as text)
{%- endmacro %}

{% macro spark__random_uuid() -%}
    uuid()
{%- endmacro %}


{#- A step whose expressions the next ones repeat: `step as {{ materialized() }} (`. PostgreSQL puts a step that is read
    once into the next as text, and a chain of them grows beyond any time. -#}
{% macro materialized() -%}
    {{ return(adapter.dispatch('materialized', 'lifetime_segments')()) }}
{%- endmacro %}

{% macro default__materialized() -%}
{%- endmacro %}

{% macro postgres__materialized() -%}
    materialized
{%- endmacro %}
