{#- A text with each letter and its accents as one character (Unicode normal form C), where the engine can. -#}
{% macro nfc(expression) -%}
    {{ return(adapter.dispatch('nfc', 'lifetime_segments')(expression)) }}
{%- endmacro %}

{% macro default__nfc(expression) -%}
    nfc_normalize({{ expression }})
{%- endmacro %}

{% macro postgres__nfc(expression) -%}
    normalize({{ expression }}, nfc)
{%- endmacro %}

{% macro bigquery__nfc(expression) -%}
    normalize({{ expression }}, nfc)
{%- endmacro %}

{% macro trino__nfc(expression) -%}
    normalize({{ expression }}, nfc)
{%- endmacro %}

{% macro redshift__nfc(expression) -%}
    {{ expression }}
{%- endmacro %}

{% macro snowflake__nfc(expression) -%}
    {{ expression }}
{%- endmacro %}

{% macro spark__nfc(expression) -%}
    {{ expression }}
{%- endmacro %}
