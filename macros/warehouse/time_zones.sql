{#- A naive UTC timestamp as the wall clock of a zone. DuckDB and PostgreSQL share this form. -#}
{% macro from_utc(timestamp_utc, zone) -%}
    {{ return(adapter.dispatch('from_utc', 'lifetime_segments')(timestamp_utc, zone)) }}
{%- endmacro %}

{% macro default__from_utc(timestamp_utc, zone) -%}
    timezone('{{ zone }}', timezone('UTC', {{ timestamp_utc }}))
{%- endmacro %}

{% macro spark__from_utc(timestamp_utc, zone) -%}
    from_utc_timestamp({{ timestamp_utc }}, '{{ zone }}')
{%- endmacro %}


{#- A wall clock of a zone as a naive UTC timestamp. -#}
{% macro to_utc(wall_clock, zone) -%}
    {{ return(adapter.dispatch('to_utc', 'lifetime_segments')(wall_clock, zone)) }}
{%- endmacro %}

{% macro default__to_utc(wall_clock, zone) -%}
    timezone('UTC', timezone('{{ zone }}', {{ wall_clock }}))
{%- endmacro %}

{% macro spark__to_utc(wall_clock, zone) -%}
    to_utc_timestamp({{ wall_clock }}, '{{ zone }}')
{%- endmacro %}
