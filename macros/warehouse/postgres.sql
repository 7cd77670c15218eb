{#- What PostgreSQL does otherwise than the defaults: reading values by the functions of postgres_functions.sql. -#}


{% macro warehouse_function(name) -%}
    {{ adapter.quote(target.schema) }}.{{ name }}
{%- endmacro %}


{% macro postgres__try_cast(expression, data_type) -%}
    {%- set type = data_type | lower | trim -%}
    {%- set family = type_family(type) -%}
    {%- set text = 'cast(' ~ expression ~ ' as text)' -%}
    {%- set whole = {'smallint': 5, 'int': 10, 'integer': 10, 'bigint': 19} -%}
    {%- if type in whole -%}
        {#- the widest decimal of that type's digits may still be too wide for it -#}
        {%- set limit = {'smallint': 32767, 'int': 2147483647, 'integer': 2147483647, 'bigint': 9223372036854775807} -%}
        {%- set value = warehouse_function('try_number') ~ '(' ~ text ~ ', ' ~ whole[type] ~ ', 0)' -%}
        cast(case when {{ value }} between -{{ limit[type] }} and {{ limit[type] }} then {{ value }} end as {{ type }})
    {%- elif family == 'number' -%}
        {%- set digits = modules.re.findall('[0-9]+', type) -%}
        cast({{ warehouse_function('try_number') }}({{ text }}, {{ digits | join(', ') }}) as {{ type }})
    {%- elif family in ['boolean', 'date', 'timestamp', 'instant'] -%}
        {{ warehouse_function('try_' ~ family) }}({{ text }})
    {%- else -%}
        {{ exceptions.raise_compiler_error("try_cast knows no type '" ~ data_type ~ "' on PostgreSQL.") }}
    {%- endif -%}
{%- endmacro %}


{#- A decimal needs no text and no function of ours, which take many times as long. -#}
{% macro postgres__read_number(expression, given, wanted_type) -%}
    {%- set digits = modules.re.findall('[0-9]+', wanted_type) -%}
    {%- if digits | length != 2 -%}
        {{- return(try_cast(expression, wanted_type)) -}}
    {%- endif -%}
    {%- set exact = 'cast(' ~ expression ~ ' as text)' if given == 'float' else expression -%}
    {%- set value = 'round(cast(' ~ exact ~ ' as numeric), ' ~ digits[1] ~ ')' -%}
    cast(case when abs({{ value }}) < 1e{{ digits[0] | int - digits[1] | int }} then {{ value }} end as {{ wanted_type }})
{%- endmacro %}


{% macro postgres__matches(expression, pattern) -%}
    ({{ expression }} ~ '{{ pattern }}')
{%- endmacro %}


{#- A new table's statistics, without which PostgreSQL plans blindly until its own daemon comes by. -#}
{% macro analyzed(relation) -%}
    {%- if target.type == 'postgres' and model.config.materialized != 'view' -%}
        analyze {{ relation }}
    {%- endif -%}
{%- endmacro %}
