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


{#- The number that up to eight hexadecimal digits stand for. -#}
{% macro hex_number(digits) -%}
    {{ return(adapter.dispatch('hex_number', 'lifetime_segments')(digits)) }}
{%- endmacro %}

{% macro default__hex_number(digits) -%}
    cast('0x' || {{ digits }} as bigint)
{%- endmacro %}

{% macro postgres__hex_number(digits) -%}
    cast(cast('x' || {{ digits }} as bit(32)) as bigint)
{%- endmacro %}

{% macro redshift__hex_number(digits) -%}
    strtol({{ digits }}, 16)
{%- endmacro %}

{% macro snowflake__hex_number(digits) -%}
    to_number({{ digits }}, 'XXXXXXXX')
{%- endmacro %}

{% macro spark__hex_number(digits) -%}
    cast(conv({{ digits }}, 16, 10) as bigint)
{%- endmacro %}

{% macro trino__hex_number(digits) -%}
    from_base({{ digits }}, 16)
{%- endmacro %}


{#- SHA-256 of a text's UTF-8 bytes, as lower-case hex. -#}
{% macro sha256_hex(expression) -%}
    {{ return(adapter.dispatch('sha256_hex', 'lifetime_segments')(expression)) }}
{%- endmacro %}

{% macro default__sha256_hex(expression) -%}
    sha256({{ expression }})
{%- endmacro %}

{% macro bigquery__sha256_hex(expression) -%}
    to_hex(sha256({{ expression }}))
{%- endmacro %}

{% macro postgres__sha256_hex(expression) -%}
    encode(sha256(convert_to({{ expression }}, 'UTF8')), 'hex')
{%- endmacro %}

{% macro redshift__sha256_hex(expression) -%}
    sha2({{ expression }}, 256)
{%- endmacro %}

{% macro snowflake__sha256_hex(expression) -%}
    sha2({{ expression }}, 256)
{%- endmacro %}

{% macro spark__sha256_hex(expression) -%}
    sha2({{ expression }}, 256)
{%- endmacro %}

{% macro trino__sha256_hex(expression) -%}
    lower(to_hex(sha256(to_utf8({{ expression }}))))
{%- endmacro %}


{#- A new random UUID as text, made by the warehouse: no two runs of the same SQL give the same. -#}
{% macro random_uuid() -%}
    {{ return(adapter.dispatch('random_uuid', 'lifetime_segments')()) }}
{%- endmacro %}

{% macro default__random_uuid() -%}
    cast(gen_random_uuid() as {{ dbt.type_string() }})
{%- endmacro %}

{% macro bigquery__random_uuid() -%}
    generate_uuid()
{%- endmacro %}

{% macro snowflake__random_uuid() -%}
    uuid_string()
{%- endmacro %}

{% macro spark__random_uuid() -%}
    uuid()
{%- endmacro %}

{% macro trino__random_uuid() -%}
    cast(uuid() as {{ dbt.type_string() }})
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
