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

{% macro redshift__materialized() -%}
{%- endmacro %}


{#- Both selects' rows, each once. -#}
{% macro union_distinct() -%}
    {{ return(adapter.dispatch('union_distinct', 'lifetime_segments')()) }}
{%- endmacro %}

{% macro default__union_distinct() -%}
    union distinct
{%- endmacro %}

{% macro redshift__union_distinct() -%}
    union
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
