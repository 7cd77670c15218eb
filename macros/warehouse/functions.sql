{% macro try_cast(expression, data_type) -%}
    {{ return(adapter.dispatch('try_cast', 'lifetime_segments')(expression, data_type)) }}
{%- endmacro %}

{% macro default__try_cast(expression, data_type) -%}
    try_cast({{ expression }} as {{ data_type }})
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

{% macro spark__matches(expression, pattern) -%}
    regexp_like({{ expression }}, '{{ pattern | replace("\\", "\\\\") }}')
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


{#- A hook that takes the rows out of a table for which a condition holds. -#}
{% macro forget_rows(relation, condition) -%}
    {{ return(adapter.dispatch('forget_rows', 'lifetime_segments')(relation, condition)) }}
{%- endmacro %}

{% macro default__forget_rows(relation, condition) -%}
    delete from {{ relation }} where {{ condition }}
{%- endmacro %}

{% macro spark__forget_rows(relation, condition) -%}
    {%- set found = 'select 1 from ' ~ relation ~ ' where ' ~ condition ~ ' limit 1' -%}
    {%- if execute and run_query(found).rows -%}
        {%- do replace_rows(relation, 'select * from ' ~ relation ~ ' where not coalesce(' ~ condition ~ ', false)') -%}
    {%- endif -%}
{%- endmacro %}
