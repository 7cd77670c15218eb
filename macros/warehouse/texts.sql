{% macro try_cast(expression, data_type) -%}
    {{ return(adapter.dispatch('try_cast', 'lifetime_segments')(expression, data_type)) }}
{%- endmacro %}

{% macro default__try_cast(expression, data_type) -%}
    try_cast({{ expression }} as {{ data_type }})
{%- endmacro %}

{% macro bigquery__try_cast(expression, data_type) -%}
    safe_cast({{ expression }} as {{ data_type }})
{%- endmacro %}

{% macro redshift__try_cast(expression, data_type) -%}
    {{- return(lifetime_segments.default__try_cast(expression, data_type)) -}}
{%- endmacro %}

{#- Spark would take a year or an hour alone for a time. -#}
{% macro spark__try_cast(expression, data_type) -%}
    {%- if data_type in ['date', 'timestamp'] -%}
        case when {{ matches(expression, '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}') }} then try_cast({{ expression }} as {{ data_type }}) end
    {%- else -%}
        try_cast({{ expression }} as {{ data_type }})
    {%- endif -%}
{%- endmacro %}


{#- Whether a text contains a match of a regular expression. -#}
{% macro matches(expression, pattern) -%}
    {{ return(adapter.dispatch('matches', 'lifetime_segments')(expression, pattern)) }}
{%- endmacro %}

{% macro default__matches(expression, pattern) -%}
    regexp_matches({{ expression }}, '{{ pattern }}')
{%- endmacro %}

{% macro bigquery__matches(expression, pattern) -%}
    regexp_contains({{ expression }}, r'{{ pattern }}')
{%- endmacro %}

{% macro snowflake__matches(expression, pattern) -%}
    (regexp_instr({{ expression }}, '{{ pattern | replace("\\", "\\\\") }}') > 0)
{%- endmacro %}

{% macro spark__matches(expression, pattern) -%}
    regexp_like({{ expression }}, '{{ pattern | replace("\\", "\\\\") }}')
{%- endmacro %}

{% macro trino__matches(expression, pattern) -%}
    regexp_like({{ expression }}, '{{ pattern }}')
{%- endmacro %}


{#- A text without these characters at both its ends, or at its trailing one. -#}
{% macro trimmed(expression, characters, side='both') -%}
    {{ return(adapter.dispatch('trimmed', 'lifetime_segments')(expression, characters, side)) }}
{%- endmacro %}

{% macro default__trimmed(expression, characters, side) -%}
    trim({{ side }} {{ characters }} from {{ expression }})
{%- endmacro %}

{% macro bigquery__trimmed(expression, characters, side) -%}
    {{ 'rtrim' if side == 'trailing' else 'trim' }}({{ expression }}, {{ characters }})
{%- endmacro %}

{% macro snowflake__trimmed(expression, characters, side) -%}
    {{- return(lifetime_segments.bigquery__trimmed(expression, characters, side)) -}}
{%- endmacro %}
