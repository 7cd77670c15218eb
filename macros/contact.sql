{#- When customers are contacted: hours of the day and what they are counted from. -#}


{#- The hours of the day, 0 to 23, as rows. -#}
{% macro hours_of_day_as_rows() -%}
    {% for hour in range(24) -%}
        {{ 'union all ' if not loop.first }}select {{ hour }} as hour_of_day{{ '\n    ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#- Hours from one hour of the day to the next time that it is another: 0 to 23. -#}
{% macro hours_until(from_hour, to_hour) -%}
    mod({{ to_hour }} - {{ from_hour }} + 24, 24)
{%- endmacro %}


{#- Whether a number is an hour of the day. -#}
{% macro is_hour_of_day(expression) -%}
    {{ expression }} between 0 and 23
{%- endmacro %}


{#- Whether a UTC timestamp is a midnight at which nobody did anything: a date alone is read as one, in the business
    time zone, or in raw_timezone where the delivery made a timestamp of it. Zones are looked up for full minutes only:
    that is slow, and no midnight lies elsewhere. -#}
{% macro is_date_alone(timestamp_utc) -%}
    case
            when extract(second from {{ timestamp_utc }}) = 0
                then
                    {%- for zone in [setting('business_timezone'), var('raw_timezone')] | unique %}
                    {{ 'or ' if not loop.first }}{{ is_midnight(timestamp_utc, zone) }}
                    {%- endfor %}
            else false
        end
{%- endmacro %}


{% macro is_midnight(timestamp_utc, zone) -%}
    {%- set wall_clock = timestamp_utc if zone in ['UTC', 'Etc/UTC'] else from_utc(timestamp_utc, zone) -%}
    {{ wall_clock }} = cast(cast({{ wall_clock }} as date) as timestamp)
{%- endmacro %}


{#- Whether a channel or a purpose stands for every one. -#}
{% macro is_every(name) -%}
    {{ slug(name) }} in ('all', 'any', '*')
{%- endmacro %}
