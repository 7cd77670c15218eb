{#- A number of days in weeks, the unit of time of the lifetime value models. -#}
{% macro in_weeks(days) -%}
    (cast({{ days }} as {{ type_double() }}) / 7)
{%- endmacro %}


{#- The rows of the fitted parameters: the Python model's, or on an engine that has none the newest of the seed that
    were fitted up to a day. -#}
{% macro fitted_parameters(python_model, last_day) -%}
    {{- return(adapter.dispatch('fitted_parameters', 'lifetime_segments')(python_model, last_day)) -}}
{%- endmacro %}

{% macro default__fitted_parameters(python_model, last_day) -%}
    {{ ref('clv_parameters') }}
    where fitted_as_of = (select max(fitted_as_of) from {{ ref('clv_parameters') }} where fitted_as_of <= {{ last_day }})
{%- endmacro %}

{% macro duckdb__fitted_parameters(python_model, last_day) -%}
    {{- return(ref(python_model)) -}}
{%- endmacro %}


{#- Why a group's purchases are not modelled on its own customers; null where they are. -#}
{% macro purchase_refusal(fitted) -%}
    case
            when {{ fitted }}.parameter_group is null then 'not_fitted'
            when {{ fitted }}.customer_count < {{ var('clv_minimum_customers') }} then 'too_few_customers'
            when {{ fitted }}.repeat_customer_count < {{ var('clv_minimum_repeat_customers') }}
                then 'too_few_repeats'
            else {{ fitted }}.bgnbd_reason
        end
{%- endmacro %}


{#- The same for the amounts of its purchases. -#}
{% macro value_refusal(fitted) -%}
    case
            when {{ fitted }}.parameter_group is null then 'not_fitted'
            when {{ fitted }}.valued_customer_count < {{ var('clv_minimum_repeat_customers') }}
                then 'too_few_repeats'
            else {{ fitted }}.gamma_gamma_reason
        end
{%- endmacro %}


{#- The weight of a group's own parameters beside the whole's, 0 to 1; null where neither could be fitted. -#}
{% macro own_weight(customer_count, reason) -%}
    case
        when judged.{{ reason }} is not null and whole.{{ reason }} is not null then null
        when judged.{{ reason }} is not null then 0
        when judged.group_name = 'all' or whole.{{ reason }} is not null then 1
        else
            {{ safe_divide(
                customer_count, customer_count ~ ' + ' ~ var('clv_group_prior_customers')
            ) }}
    end
{%- endmacro %}


{#- Whose parameters they are, by the weight of the group's own. -#}
{% macro parameter_origin(weight) -%}
    case
        when {{ weight }} is null then 'none'
        when {{ weight }} = 0 then 'whole'
        when {{ weight }} = 1 then 'fitted'
        else 'shrunk'
    end
{%- endmacro %}


{#- A group's own parameter drawn to the whole's on the log scale; either may be null at weight 0. -#}
{% macro shrunk_parameter(name, weight) -%}
    cast(
        case
            when {{ weight }} is not null
                then exp(
                    coalesce({{ weight }} * ln({{ name }}), 0)
                    + coalesce((1 - {{ weight }}) * ln(whole_{{ name }}), 0)
                )
        end as numeric(38, 12)
    )
{%- endmacro %}
