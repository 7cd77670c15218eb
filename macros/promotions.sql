{#- The first day on which what a build decides can be sent, as a SQL date: the day after the as-of day. -#}
{% macro send_date() -%}
    cast('{{ as_of_day() + modules.datetime.timedelta(days=1) }}' as date)
{%- endmacro %}


{#- Whether a promotion of seed promotions may be sent on the send date; an empty day is no limit. -#}
{% macro is_sendable(row) -%}
    coalesce({{ row }}.valid_from <= {{ send_date() }}, true)
        and coalesce({{ row }}.valid_to >= {{ send_date() }}, true)
{%- endmacro %}


{#- Whether a bucket belongs to a share of the population; a larger share keeps all members of a smaller one. -#}
{% macro is_in_share(bucket, share) -%}
    ({{ bucket }} < 10000 * {{ share }})
{%- endmacro %}


{#- A bucket from 0 to 9,999 by the md5 of a text: the same on every engine, sticky, and anybody can recompute it. -#}
{% macro hash_bucket(expression) -%}
    mod({{ hex_number('substr(' ~ dbt.hash(expression) ~ ', 1, 8)') }}, 10000)
{%- endmacro %}



{#- A time, a day later where a condition holds. -#}
{% macro day_later(timestamp, condition) -%}
    case when {{ condition }} then {{ dbt.dateadd('day', 1, timestamp) }} else {{ timestamp }} end
{%- endmacro %}
