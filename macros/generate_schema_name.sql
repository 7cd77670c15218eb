{#- A model's schema is the name that dbt_project.yml gives it. A developer whose target schema is not the
    warehouse's default gets it as a prefix, so that two people can build in one database. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- elif target.schema in ['main', 'public', 'default'] -%}
        {{ custom_schema_name | trim }}
    {%- else -%}
        {{ target.schema }}_{{ custom_schema_name | trim }}
    {%- endif -%}
{%- endmacro %}
