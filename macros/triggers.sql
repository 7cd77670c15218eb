{#- The day so many days after another (before it, if negative); null where a timestamp of the shop could not lie, so
    that no number of days, however odd, can push a date over the limits of its type, where engines raise. -#}
{% macro days_after(day, days) -%}
    case
            when
                {{ days }} between
                {{ dbt.datediff(day, "cast('" ~ var('earliest_valid_date') ~ "' as date)", 'day') }}
                and {{ dbt.datediff(day, "cast('" ~ var('latest_valid_date') ~ "' as date)", 'day') }}
                then cast({{ dbt.dateadd('day', 'cast(' ~ days ~ ' as int)', day) }} as date)
        end
{%- endmacro %}


{#- The first day on which the message of a trigger may go, by its row of seed triggers. -#}
{% macro due_date(event_date, triggers='triggers') -%}
    {{ days_after(event_date, triggers ~ '.offset_days') }}
{%- endmacro %}


{#- The last such day. -#}
{% macro last_due_date(event_date, triggers='triggers') -%}
    {{ days_after(
        event_date,
        '(cast(' ~ triggers ~ '.offset_days as bigint) + ' ~ triggers ~ '.active_days - 1)'
    ) }}
{%- endmacro %}


{#- Whether a trigger can still be sent, and is due within trigger_horizon_days from the first day that can. -#}
{% macro is_listed(due_date='due_date', last_due_date='last_due_date') -%}
    (
            {{ last_due_date }} >= {{ send_date() }}
            and {{ dbt.datediff(send_date(), due_date, 'day') }} <= {{ var('trigger_horizon_days') }}
        )
{%- endmacro %}


{#- Whether a customer kept an order: a purchase that was neither cancelled nor refunded in full. A zero-value order that
    counts as a purchase has nothing to refund and is kept. Reads columns of int_orders_net. -#}
{% macro is_kept_purchase() -%}
    (is_purchase and status != 'cancelled' and (refund_amount <= 0 or net_revenue_amount > 0))
{%- endmacro %}


{#- A decimal as people write it: without the zeros that its type adds. -#}
{% macro plain_number(expression) -%}
    case
            when {{ expression }} = floor({{ expression }})
                then cast(cast({{ expression }} as numeric(38, 0)) as {{ dbt.type_string() }})
            else {{ trimmed('cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ ')', "'0'", 'trailing') }}
        end
{%- endmacro %}


{#- A day (YYYY-MM-DD) or a whole number as text. -#}
{% macro as_text(expression) -%}
    cast({{ expression }} as {{ dbt.type_string() }})
{%- endmacro %}


{#- A count with its noun: 1 gap, 2 gaps. -#}
{% macro count_of(number, noun) -%}
    {{ as_text(number) }} || case when {{ number }} = 1 then ' {{ noun }}' else ' {{ noun }}s' end
{%- endmacro %}
