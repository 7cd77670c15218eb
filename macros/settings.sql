{#- The run's date, zone and currency: the var where it is set, else the demo shop's pin, else the default. -#}
{% macro setting(name) -%}
    {%- set defaults = {'as_of_date': 'today', 'business_timezone': 'UTC', 'reporting_currency': 'EUR'} -%}
    {%- set pinned = var('demo_settings') if var('demo_shop') else {} -%}
    {{- return((var(name, none) or pinned.get(name) or defaults[name]) | string) -}}
{%- endmacro %}


{#- The business day that a build ends with, as a Python date. Bad values stop the run with a remedy. -#}
{% macro as_of_day() -%}
    {%- set asked = setting('as_of_date') -%}
    {%- if asked == 'today' -%}
        {%- set zone = modules.pytz.timezone(setting('business_timezone')) -%}
        {{- return(run_started_at.astimezone(zone).date()) -}}
    {%- endif -%}
    {%- if not modules.re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}$', asked) -%}
        {{- exceptions.raise_compiler_error(
            "var as_of_date is '" ~ asked ~ "'. Give a day as YYYY-MM-DD, or today."
        ) -}}
    {%- endif -%}
    {{- return(modules.datetime.datetime.strptime(asked, '%Y-%m-%d').date()) -}}
{%- endmacro %}


{#- The as-of day, as a SQL date: the only clock that a model may read. -#}
{% macro as_of_date() -%}
    cast('{{ as_of_day() }}' as date)
{%- endmacro %}


{#- The first instant after the as-of day in the business time zone, as a SQL timestamp in UTC. -#}
{% macro as_of_end() -%}
    {%- set zone = modules.pytz.timezone(setting('business_timezone')) -%}
    {%- set next_day = as_of_day() + modules.datetime.timedelta(days=1) -%}
    {%- set midnight = modules.datetime.datetime.combine(next_day, modules.datetime.time(0)) -%}
    {%- set instant = zone.localize(midnight).astimezone(modules.pytz.utc) -%}
    cast('{{ instant.strftime("%Y-%m-%d %H:%M:%S") }}' as timestamp)
{%- endmacro %}


{#- The reporting currency's code in capitals, as a SQL text. -#}
{% macro reporting_currency() -%}
    '{{ setting("reporting_currency") | upper }}'
{%- endmacro %}


{#- Whether a currency is another one than the reporting currency; none is the reporting currency. -#}
{% macro is_foreign(currency) -%}
    upper({{ currency }}) != {{ reporting_currency() }}
{%- endmacro %}


{#- The last day before the messages that the fairness audit looks back on. -#}
{% macro fairness_window_start() -%}
    {{ dbt.dateadd('day', -var('fairness_window_days'), as_of_date()) }}
{%- endmacro %}


{#- A currency's code in capitals; none is the reporting currency. -#}
{% macro currency_code(currency) -%}
    coalesce(upper({{ currency }}), {{ reporting_currency() }})
{%- endmacro %}
