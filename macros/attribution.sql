{#- Which messages had a share in a repeat purchase, and how large a one. -#}


{#- The days before a purchase within which a message has a share in it. -#}
{% macro attribution_lookback() -%}
    {%- set days = var('attribution_lookback_days') -%}
    {%- if days is not integer or days is boolean or days < 1 or days > 3650 -%}
        {{- exceptions.raise_compiler_error(
            "var attribution_lookback_days is '" ~ days ~ "'. Give a whole number of days, 1 to 3650."
        ) -}}
    {%- endif -%}
    {{- return(days) -}}
{%- endmacro %}


{#- How many pairs of channel and promotion the chain tells apart. -#}
{% macro attribution_maximum_states() -%}
    {%- set states = var('attribution_maximum_states') -%}
    {%- if states is not integer or states is boolean or states < 1 -%}
        {{- exceptions.raise_compiler_error(
            "var attribution_maximum_states is '" ~ states ~ "'. Give a whole number, 1 or more."
        ) -}}
    {%- endif -%}
    {{- return(states) -}}
{%- endmacro %}


{#- The weight of a time that lies before another: a half a half-life before it, a quarter two of them. -#}
{% macro half_life_weight(before, reference) -%}
    {%- set half_life = var('attribution_half_life_days') -%}
    {%- if half_life is not number or half_life is boolean or half_life <= 0 -%}
        {{- exceptions.raise_compiler_error(
            "var attribution_half_life_days is '" ~ half_life ~ "'. Give a number of days above 0."
        ) -}}
    {%- endif -%}
    {{ safe_exp(
        '-ln(2) * ' ~ safe_divide(dbt.datediff(before, reference, 'second'), 86400 * half_life)
    ) }}
{%- endmacro %}


{#- What the places of a journey get of it, summed over journeys of the same length: first, last and all are counts (or
    amounts) of the journeys in which somebody holds the first, the last and any place. Of one place it has all, of two
    each half; of more the first and the last get attribution_end_share each, those between the rest in equal parts. -#}
{% macro position_credit(first, last, all, length) -%}
    {%- set ends = var('attribution_end_share') -%}
    {%- if ends is not number or ends is boolean or ends < 0 or ends > 0.5 -%}
        {{- exceptions.raise_compiler_error(
            "var attribution_end_share is '" ~ ends ~ "'. Give a share from 0 to 0.5."
        ) -}}
    {%- endif -%}
    case
            when {{ length }} <= 2 then {{ safe_divide(all, length) }}
            else
                {{ ends }} * cast({{ first }} + {{ last }} as {{ type_double() }})
                + (1 - 2 * {{ ends }})
                * {{ safe_divide(all ~ ' - ' ~ first ~ ' - ' ~ last, '(' ~ length ~ ' - 2)') }}
        end
{%- endmacro %}


{#- A chain's probabilities after twice as many steps: the table of them, times itself. Each product is rounded to 18
    decimals: exact from there on, whatever the order of rows, and PostgreSQL raises an error where a float would become
    too small. -#}
{% macro twice_the_steps(steps) -%}
    {%- set product -%}
        cast(one.probability as {{ type_double() }}) * cast(two.probability as {{ type_double() }})
    {%- endset -%}
    select
        one.from_key,
        two.to_key,
        cast(sum(cast({{ product }} as numeric(38, 18))) as numeric(38, 18)) as probability
    from {{ steps }} as one
    inner join {{ steps }} as two on one.to_key = two.from_key
    group by one.from_key, two.to_key
    having sum(cast({{ product }} as numeric(38, 18))) > 0
{%- endmacro %}


{#- The models of attribution as rows. -#}
{% macro attribution_models_as_rows() -%}
    {% for model in ['first', 'last', 'linear', 'position', 'time_decay', 'markov', 'shapley'] -%}
        {{ 'union all ' if not loop.first }}select '{{ model }}' as attribution_model{{ '\n    ' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
