{#- A naive UTC timestamp as the wall clock of a zone. The zone is a name such as
    Europe/Berlin, or with is_column a column of names, one a row. -#}
{% macro from_utc(timestamp_utc, zone, is_column=false) -%}
    {{ return(adapter.dispatch('from_utc', 'lifetime_segments')(timestamp_utc, zone_name(zone, is_column))) }}
{%- endmacro %}

{% macro default__from_utc(timestamp_utc, zone_name) -%}
    timezone({{ zone_name }}, timezone('UTC', {{ timestamp_utc }}))
{%- endmacro %}

{#- Of microseconds an instant is made at once; timezone('UTC', …) asks the calendar, as long as the zone itself does. -#}
{% macro duckdb__from_utc(timestamp_utc, zone_name) -%}
    timezone({{ zone_name }}, make_timestamptz(epoch_us({{ timestamp_utc }})))
{%- endmacro %}

{% macro bigquery__from_utc(timestamp_utc, zone_name) -%}
    datetime(timestamp({{ timestamp_utc }}), {{ zone_name }})
{%- endmacro %}

{% macro snowflake__from_utc(timestamp_utc, zone_name) -%}
    convert_timezone('UTC', {{ zone_name }}, {{ timestamp_utc }})
{%- endmacro %}

{% macro spark__from_utc(timestamp_utc, zone_name) -%}
    from_utc_timestamp({{ timestamp_utc }}, {{ zone_name }})
{%- endmacro %}

{% macro trino__from_utc(timestamp_utc, zone_name) -%}
    cast(at_timezone(with_timezone({{ timestamp_utc }}, 'UTC'), {{ zone_name }}) as timestamp)
{%- endmacro %}


{#- A wall clock of a zone as a naive UTC timestamp; the zone as above. -#}
{% macro to_utc(wall_clock, zone, is_column=false) -%}
    {{ return(adapter.dispatch('to_utc', 'lifetime_segments')(wall_clock, zone_name(zone, is_column))) }}
{%- endmacro %}

{% macro default__to_utc(wall_clock, zone_name) -%}
    timezone('UTC', timezone({{ zone_name }}, {{ wall_clock }}))
{%- endmacro %}

{% macro bigquery__to_utc(wall_clock, zone_name) -%}
    timestamp(datetime({{ wall_clock }}), {{ zone_name }})
{%- endmacro %}

{% macro snowflake__to_utc(wall_clock, zone_name) -%}
    convert_timezone({{ zone_name }}, 'UTC', {{ wall_clock }})
{%- endmacro %}

{% macro spark__to_utc(wall_clock, zone_name) -%}
    to_utc_timestamp({{ wall_clock }}, {{ zone_name }})
{%- endmacro %}

{% macro trino__to_utc(wall_clock, zone_name) -%}
    cast(at_timezone(with_timezone({{ wall_clock }}, {{ zone_name }}), 'UTC') as timestamp)
{%- endmacro %}


{#- The name of a zone as SQL: the column as it is, or the name as a text. -#}
{% macro zone_name(zone, is_column) -%}
    {{ zone if is_column else "'" ~ zone ~ "'" }}
{%- endmacro %}
