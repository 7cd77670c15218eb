{#- Reading a delivered value as the contract's type, whatever type it came in. Nothing here ever raises: what cannot
    be read is null. Types are named by family: text, number, float, timestamp, instant (with offset), date, boolean. -#}
{% macro read_value(expression, given_type, wanted_type, date_means_end=false) -%}
    {%- set given = type_family(given_type) -%}
    {%- set wanted = type_family(wanted_type) -%}
    {%- if wanted == 'text' -%}
        {{- return(read_text(expression, given)) -}}
    {%- elif wanted == 'timestamp' -%}
        {{- return(read_timestamp(expression, given, date_means_end)) -}}
    {%- elif wanted == 'date' -%}
        {{- return(read_date(expression, given)) -}}
    {%- elif wanted == given or (wanted == 'number' and given == 'float') -%}
        {{- return(try_cast(expression, wanted_type)) -}}
    {%- endif -%}
    {{- return(try_cast(clean_text(expression), wanted_type)) -}}
{%- endmacro %}


{#- Whether a value of the given type can be unreadable as the wanted one. -#}
{% macro value_can_fail(given_type, wanted_type) -%}
    {%- set given = type_family(given_type) -%}
    {%- set wanted = type_family(wanted_type) -%}
    {{- return(not (
        wanted == 'text'
        or (wanted == given and given != 'number')
        or (wanted in ['timestamp', 'date'] and given in ['timestamp', 'instant', 'date'])
    )) -}}
{%- endmacro %}


{% macro type_family(data_type) -%}
    {%- set name = data_type | lower | trim -%}
    {%- if 'with time zone' in name or name.startswith('timestamptz') -%}{{- return('instant') -}}
    {%- elif name.endswith('[]') or name.startswith('struct') or name.startswith('map') -%}{{- return('other') -}}
    {%- elif name.startswith('timestamp') or name.startswith('datetime') -%}{{- return('timestamp') -}}
    {%- elif name == 'date' -%}{{- return('date') -}}
    {%- elif name.startswith('bool') -%}{{- return('boolean') -}}
    {%- elif name.startswith('float') or name.startswith('double') or name.startswith('real') -%}
        {{- return('float') -}}
    {%- elif name.startswith('numeric') or name.startswith('decimal') or name in [
        'tinyint', 'smallint', 'integer', 'int', 'bigint', 'hugeint',
        'utinyint', 'usmallint', 'uinteger', 'ubigint', 'uhugeint'
    ] -%}{{- return('number') -}}
    {%- elif 'char' in name or name in ['text', 'string'] -%}{{- return('text') -}}
    {%- endif -%}
    {{- return('other') -}}
{%- endmacro %}


{#- Text without white space at its ends; empty text is null. -#}
{% macro clean_text(expression) -%}
    nullif(trim(cast({{ expression }} as {{ dbt.type_string() }}), ' ' || chr(9) || chr(10) || chr(13)), '')
{%- endmacro %}


{#- Ids that a data frame turned into floats lose their '.0' again, and its NaN is no id. -#}
{% macro read_text(expression, given) -%}
    {%- if given == 'float' -%}
        case
            when abs({{ expression }}) < 1e15 and {{ expression }} = floor({{ expression }})
                then cast(cast({{ expression }} as bigint) as {{ dbt.type_string() }})
            else nullif(lower(cast({{ expression }} as {{ dbt.type_string() }})), 'nan')
        end
    {%- else -%}
        {{- clean_text(expression) -}}
    {%- endif -%}
{%- endmacro %}


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
                then {{ instant_to_utc(try_cast(text, 'timestamp with time zone')) }}
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
    timezone('UTC', {{ within_calendar(expression, 'timestamp with time zone') }})
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
        {%- set midnight = '(' ~ midnight ~ " + interval '1 day')" -%}
    {%- endif -%}
    {%- if setting('business_timezone') in ['UTC', 'Etc/UTC'] -%}
        {{ midnight }}
    {%- else -%}
        {{ to_utc(midnight, setting('business_timezone')) }}
    {%- endif -%}
{%- endmacro %}


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


{#- A file as a relation: Parquet with its own types, CSV as text. -#}
{% macro file_relation(path) -%}
    {%- set literal = "'" ~ path | replace("'", "''") ~ "'" -%}
    {%- set name = path | lower -%}
    {%- if name.endswith('.csv') or name.endswith('.csv.gz') -%}
        {#- all options are given: what DuckDB guesses (comment signs, rows to skip) would lose rows silently -#}
        {{- return(
            "read_csv(" ~ literal ~ ", all_varchar = true, header = true, delim = '" ~ var('raw_csv_delimiter')
            ~ "', quote = '\"', escape = '\"', comment = '', skip = 0)"
        ) -}}
    {%- endif -%}
    {{- return("read_parquet(" ~ literal ~ ")") -}}
{%- endmacro %}
