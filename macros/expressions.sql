{#- numerator / denominator, null where the denominator is null or zero. Never an integer division. -#}
{% macro safe_divide(numerator, denominator) -%}
    (cast({{ numerator }} as {{ type_double() }}) / nullif({{ denominator }}, 0))
{%- endmacro %}


{#- A float as a decimal of at most six places. What is a half but for the last bits of the float goes up on every engine:
    it is rounded to twelve places first. -#}
{% macro rounded(value, digits, scale) -%}
    cast(round(cast({{ value }} as numeric(38, 12)), {{ scale }}) as numeric({{ digits }}, {{ scale }}))
{%- endmacro %}


{#- The calendar day of a UTC timestamp in the shop's time zone. -#}
{% macro business_date(timestamp_utc) -%}
    {%- if setting('business_timezone') in ['UTC', 'Etc/UTC'] -%}
        cast({{ timestamp_utc }} as date)
    {%- else -%}
        cast({{ from_utc(timestamp_utc, setting('business_timezone')) }} as date)
    {%- endif -%}
{%- endmacro %}


{#- The month and day of a date as MM-DD. -#}
{% macro month_day(day) -%}
    lpad(cast(extract(month from {{ day }}) as {{ dbt.type_string() }}), 2, '0')
        || '-'
        || lpad(cast(extract(day from {{ day }}) as {{ dbt.type_string() }}), 2, '0')
{%- endmacro %}


{#- The product of two decimals, rounded once, and wide enough that no engine overflows before. Most rates and quantities are
    1, and then there is nothing to multiply: decimals as wide as this cost DuckDB two microseconds each. -#}
{% macro exact_product(amount, factor, type='numeric(38, 4)') -%}
    case
        when {{ factor }} = 1 then cast({{ amount }} as {{ type }})
        else cast(cast({{ amount }} as numeric(38, 4)) * {{ factor }} as {{ type }})
    end
{%- endmacro %}


{#- A name in lower case with single underscores, as the mapping seeds spell it. -#}
{% macro slug(expression) -%}
    replace(replace(lower({{ expression }}), ' ', '_'), '-', '_')
{%- endmacro %}


{#- The stages of the lifecycle, in their order. -#}
{% macro lifecycle_stages() -%}
    {{- return(['awareness', 'consideration', 'purchase', 'retention', 'advocacy', 'lapsed']) -}}
{%- endmacro %}


{#- Full years from one date to another: a birthday on the last day counts. -#}
{% macro full_years(from_date, to_date) -%}
    (
        extract(year from {{ to_date }}) - extract(year from {{ from_date }})
        - case when {{ month_day(to_date) }} < {{ month_day(from_date) }} then 1 else 0 end
    )
{%- endmacro %}


{#- The sum of floats, each first rounded to 12 decimals: exact from there on, so that the order of rows cannot move the last
    digit. As a float again. -#}
{% macro exact_sum(expression) -%}
    cast(sum(cast({{ expression }} as numeric(38, 12))) as {{ type_double() }})
{%- endmacro %}


{#- The first instant of a calendar day of the shop, as a UTC timestamp. -#}
{% macro start_of_day(day) -%}
    {%- if setting('business_timezone') in ['UTC', 'Etc/UTC'] -%}
        cast({{ day }} as timestamp)
    {%- else -%}
        {{ to_utc('cast(' ~ day ~ ' as timestamp)', setting('business_timezone')) }}
    {%- endif -%}
{%- endmacro %}


{#- The last day of the month before the one in which a moment lies. -#}
{% macro last_month_end(timestamp_utc) -%}
    cast({{ dbt.dateadd('day', -1, dbt.date_trunc('month', business_date(timestamp_utc))) }} as date)
{%- endmacro %}


{#- 1 where a condition holds, else 0. -#}
{% macro as_number(condition) -%}
    case when {{ condition }} then 1 else 0 end
{%- endmacro %}
