{#- The last day that the backtest's predictions know, as a SQL date: the as-of day less the hold-out. -#}
{% macro clv_cut_date() -%}
    {%- set days = var('clv_holdout_days') -%}
    {%- if days is not integer or days < 1 -%}
        {{- exceptions.raise_compiler_error(
            "var clv_holdout_days is '" ~ days ~ "'. Give a whole number of days, 1 or more."
        ) -}}
    {%- endif -%}
    cast('{{ as_of_day() - modules.datetime.timedelta(days=days) }}' as date)
{%- endmacro %}
