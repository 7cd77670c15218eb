{#- A UTC timestamp. An offset is honoured, a naive value is read in raw_timezone, and a date alone is midnight of that
    business day (date_means_end: of the next one). -#}
{% macro read_timestamp(expression, given, date_means_end) -%}
    {%- if given == 'instant' -%}
        {{ instant_to_utc(expression) }}
    {%- elif given == 'timestamp' -%}
        {{ naive_to_utc('cast(' ~ expression ~ ' as timestamp)') }}
    {%- elif given == 'date' -%}
        {{ business_day_to_utc(expression, date_means_end) }}
    {%- else -%}
        {%- set text = clean_text(expression) -%}
        case
            when {{ matches(text, '^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$') }}
                then {{ business_day_to_utc(try_cast(text, 'date'), date_means_end) }}
            when {{ matches(text, '[0-9](Z|z| ?UTC| ?[+-][0-9]{2}(:?[0-9]{2})?)$') }} and {{ matches(text, ':') }}
                then {{ instant_to_utc(try_cast(text, type_instant())) }}
            else {{ naive_to_utc(try_cast(text, 'timestamp')) }}
        end
    {%- endif -%}
{%- endmacro %}


{% macro read_date(expression, given) -%}
    {%- if given in ['timestamp', 'instant', 'date'] -%}
        {{ within_calendar('cast(' ~ expression ~ ' as date)', 'date') }}
    {%- else -%}
        {{ within_calendar(try_cast(clean_text(expression), 'date'), 'date') }}
    {%- endif -%}
{%- endmacro %}


{#- A time beyond the years 1 to 9999 as their first or last day: impossible all the same (staging refuses it), but no
    zone can push it over the limits of the type, where engines raise. -#}
{% macro within_calendar(expression, data_type) -%}
    {%- set first = "cast('0001-01-02' as " ~ data_type ~ ")" -%}
    {%- set last = "cast('9999-12-30' as " ~ data_type ~ ")" -%}
    case
            when {{ expression }} < {{ first }} then {{ first }}
            when {{ expression }} > {{ last }} then {{ last }}
            else {{ expression }}
        end
{%- endmacro %}


{% macro instant_to_utc(expression) -%}
    {{ return(adapter.dispatch('instant_to_utc', 'lifetime_segments')(within_calendar(expression, type_instant()))) }}
{%- endmacro %}

{% macro default__instant_to_utc(instant) -%}
    timezone('UTC', {{ instant }})
{%- endmacro %}

{#- Spark and BigQuery know instants only, and show them in the session's time zone, which is UTC. -#}
{% macro spark__instant_to_utc(instant) -%}
    {{ instant }}
{%- endmacro %}

{% macro bigquery__instant_to_utc(instant) -%}
    {{ instant }}
{%- endmacro %}

{% macro snowflake__instant_to_utc(instant) -%}
    cast(convert_timezone('UTC', {{ instant }}) as timestamp)
{%- endmacro %}

{% macro trino__instant_to_utc(instant) -%}
    cast(at_timezone({{ instant }}, 'UTC') as timestamp)
{%- endmacro %}


{#- The type of a moment that is the same everywhere. -#}
{% macro type_instant() -%}
    {{ return(adapter.dispatch('type_instant', 'lifetime_segments')()) }}
{%- endmacro %}

{% macro default__type_instant() -%}
    timestamp with time zone
{%- endmacro %}

{% macro spark__type_instant() -%}
    timestamp
{%- endmacro %}

{% macro bigquery__type_instant() -%}
    timestamp
{%- endmacro %}


{% macro naive_to_utc(expression) -%}
    {%- set wall_clock = within_calendar(expression, 'timestamp') -%}
    {%- if var('raw_timezone') in ['UTC', 'Etc/UTC'] -%}
        {{ wall_clock }}
    {%- else -%}
        {{ to_utc(wall_clock, var('raw_timezone')) }}
    {%- endif -%}
{%- endmacro %}


{% macro business_day_to_utc(day, is_end=false) -%}
    {%- set midnight = 'cast(' ~ within_calendar(day, 'date') ~ ' as timestamp)' -%}
    {%- if is_end -%}
        {%- set midnight = '(' ~ dbt.dateadd('day', 1, midnight) ~ ')' -%}
    {%- endif -%}
    {%- if setting('business_timezone') in ['UTC', 'Etc/UTC'] -%}
        {{ midnight }}
    {%- else -%}
        {{ to_utc(midnight, setting('business_timezone')) }}
    {%- endif -%}
{%- endmacro %}
