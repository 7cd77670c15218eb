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
    {%- elif wanted == 'number' and given in ['number', 'float'] -%}
        {{- return(read_number(expression, given, wanted_type)) -}}
    {%- elif wanted == given -%}
        {{- return(try_cast(expression, wanted_type)) -}}
    {%- endif -%}
    {{- return(try_cast(clean_text(expression), wanted_type)) -}}
{%- endmacro %}


{#- A number that came as one, in the contract's type; one with too many digits is null. -#}
{% macro read_number(expression, given, wanted_type) -%}
    {{ return(adapter.dispatch('read_number', 'lifetime_segments')(expression, given, wanted_type)) }}
{%- endmacro %}

{% macro default__read_number(expression, given, wanted_type) -%}
    {{- return(try_cast(expression, wanted_type)) -}}
{%- endmacro %}

{% macro redshift__read_number(expression, given, wanted_type) -%}
    {{- return(lifetime_segments.default__read_number(expression, given, wanted_type)) -}}
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


{#- A type's name as type_family knows it. -#}
{% macro delivered_type(data_type) -%}
    {{- return(adapter.dispatch('delivered_type', 'lifetime_segments')(data_type)) -}}
{%- endmacro %}

{% macro default__delivered_type(data_type) -%}
    {{- return(data_type) -}}
{%- endmacro %}

{#- A timestamp of Spark is an instant; a naive one is called timestamp_ntz. -#}
{% macro spark__delivered_type(data_type) -%}
    {{- return('timestamp_ltz' if data_type == 'timestamp' else data_type) -}}
{%- endmacro %}


{% macro type_family(data_type) -%}
    {%- set name = data_type | lower | trim -%}
    {%- if 'with time zone' in name or name.startswith('timestamptz') or name == 'timestamp_ltz' -%}
        {{- return('instant') -}}
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
    {{- return(adapter.dispatch('clean_text', 'lifetime_segments')(expression)) -}}
{%- endmacro %}

{% macro default__clean_text(expression) -%}
    {%- set text = 'cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    nullif({{ trimmed(text, "' ' || chr(9) || chr(10) || chr(13)") }}, '')
{%- endmacro %}

{#- DuckDB looks at both ends in a third of the time that it takes to trim, and hardly a text has white space there. -#}
{% macro duckdb__clean_text(expression) -%}
    {%- set text = 'cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    case when substr({{ text }}, 1, 1) > ' ' and substr({{ text }}, -1) > ' ' then {{ text }}
        else {{ lifetime_segments.default__clean_text(expression) }} end
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
