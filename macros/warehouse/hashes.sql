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
