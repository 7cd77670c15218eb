{#- Histories are append-only tables keyed by the as-of day: writing a day again replaces it, and people who asked to be
    forgotten leave them. Both are hooks of the models in schema history. -#}
{% macro forget_day(history) -%}
    {%- if load_relation(history) is not none -%}
        {{ forget_rows(history, 'as_of_date = ' ~ as_of_date()) }}
    {%- endif -%}
{%- endmacro %}


{% macro forget_erased(history) -%}
    {{ forget_rows(history, 'customer_id in (' ~ erased_ids(history) ~ ')') }}
{%- endmacro %}


{#- Whoever a tool was told to remove on audience_removal_days nights is not remembered any longer. -#}
{% macro forget_removed(history) -%}
    {{ forget_rows(
        history,
        "action = 'remove' and as_of_date <= "
        ~ dbt.dateadd('day', -var('audience_removal_days'), as_of_date())
    ) }}
{%- endmacro %}
