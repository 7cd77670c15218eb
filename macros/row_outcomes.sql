{#- Expressions that every stg_<table>_checked shares: how a delivered row is judged. -#}


{#- Whether a row, or this version of it, lies after the as-of day. A timestamp that no calendar has is not "later". -#}
{% macro is_after_as_of(occurred_at, updated_at='updated_at') -%}
    coalesce(
        {%- if occurred_at %}
        ({{ occurred_at }} >= {{ as_of_end() }} and {{ occurred_at }} < {{ latest_valid() }})
        or
        {%- endif %} {{ updated_at }} >= {{ as_of_end() }},
        false
    )
{%- endmacro %}


{% macro latest_valid() -%}
    cast('{{ var("latest_valid_date") }}' as timestamp)
{%- endmacro %}


{% macro is_impossible(occurred_at) -%}
    ({{ occurred_at }} < cast('{{ var("earliest_valid_date") }}' as timestamp) or {{ occurred_at }} >= {{ latest_valid() }})
{%- endmacro %}


{% macro is_after_load(occurred_at) -%}
    {{ occurred_at }} > {{ dbt.dateadd('minute', var('load_time_tolerance_minutes'), 'loaded_at') }}
{%- endmacro %}


{#- Whether the text of any of these columns was given and could not be read. -#}
{% macro is_unparsed(columns) -%}
    coalesce(
        {%- for column in columns %}
        {{ "or " if not loop.first }}{{ dbt.position("'" ~ column ~ "='", 'unparsed_values') }} > 0
        {%- endfor %},
        false
    )
{%- endmacro %}


{#- What became of a judged row: exactly one outcome, the first that holds. -#}
{% macro row_outcome() -%}
    case
        when is_erased then 'erased'
        when is_after_as_of then 'after_as_of'
        when copy_number > 1 then 'duplicate'
        when version_number > 1 then 'superseded'
        when refusal is not null then 'quarantined'
        else 'accepted'
    end
{%- endmacro %}


{#- Why a row is quarantined, or a note on an accepted one; notes: {note: condition}. -#}
{% macro row_reason(notes={}) -%}
    case
        when outcome = 'quarantined' then refusal
        when outcome != 'accepted' then null
        {%- for note, condition in notes.items() %}
        when {{ condition }} then '{{ note }}'
        {%- endfor %}
        when unparsed_values is not null then 'unparsed_optional_value'
    end
{%- endmacro %}


{#- A refused row's key as text; accepted rows are found by their own columns, erased ones never again. -#}
{% macro row_key(key) -%}
    case
        when outcome not in ('accepted', 'erased')
            then
                {%- for column in key %}
                {{ "|| '|' || " if not loop.first }}coalesce(cast({{ column }} as {{ dbt.type_string() }}), '')
                {%- endfor %}
    end
{%- endmacro %}


{% macro row_payload_hash(payload) -%}
    case when outcome not in ('accepted', 'erased') then {{ payload_hash(payload) }} end
{%- endmacro %}
