{#- The 64-bit floating point type. dbt.type_float() is only 32 bits wide on DuckDB. -#}
{% macro type_double() -%}
    {{ return(adapter.dispatch('type_double', 'lifetime_segments')()) }}
{%- endmacro %}

{% macro default__type_double() -%}
    double precision
{%- endmacro %}

{% macro bigquery__type_double() -%}
    float64
{%- endmacro %}

{% macro spark__type_double() -%}
    double
{%- endmacro %}
