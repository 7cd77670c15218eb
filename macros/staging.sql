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
    {{ occurred_at }} > loaded_at + interval '{{ var("load_time_tolerance_minutes") }} minutes'
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


{#- md5 over all that was delivered in a row, nulls told from empty text: equal rows have equal hashes. -#}
{% macro payload_hash(columns) -%}
    md5(
        {%- for column in columns %}
        {{ "|| chr(31) || " if not loop.first }}coalesce(cast({{ column }} as {{ dbt.type_string() }}), chr(30))
        {%- endfor %}
    )
{%- endmacro %}


{#- The rows of a CTE with copy_number (1 for the copy to keep of an exact duplicate) and version_number (1 for the
    version to keep: the latest updated_at, then the latest load, then the payload's hash). Only a key that came more
    than once is ordered; all other rows skip the windows. -#}
{% macro number_versions(deliveries, key, payload) -%}
    select
        {{ deliveries }}.*,
        1 as copy_number,
        1 as version_number
    from {{ deliveries }}
    left join ({{ repeated_keys(deliveries, key) }}) as repeated_keys
        on {{ is_repeated_key(key) }}
    where repeated_{{ key[0] }} is null or is_erased or is_after_as_of

    union all

    select
        {{ deliveries }}.*,
        row_number() over (
            partition by {{ key | join(', ') }}, {{ payload_hash(payload) }}
            order by loaded_at desc nulls last
        ) as copy_number,
        dense_rank() over (
            partition by {{ key | join(', ') }}
            order by updated_at desc nulls last, loaded_at desc nulls last, {{ payload_hash(payload) }}
        ) as version_number
    from {{ deliveries }}
    inner join ({{ repeated_keys(deliveries, key) }}) as repeated_keys
        on {{ is_repeated_key(key) }}
    where not is_erased and not is_after_as_of
{%- endmacro %}


{% macro repeated_keys(deliveries, key) -%}
    select
        {%- for column in key %}
        {{ column }} as repeated_{{ column }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ deliveries }}
    where not is_erased and not is_after_as_of and {{ key | join(' is not null and ') }} is not null
    group by {{ key | join(', ') }}
    having count(*) > 1
{%- endmacro %}


{% macro is_repeated_key(key) -%}
    {%- for column in key -%}
        {{ " and " if not loop.first }}{{ column }} = repeated_{{ column }}
    {%- endfor -%}
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


{#- A refused row's key as text; accepted rows are found by their own columns. -#}
{% macro row_key(key) -%}
    case
        when outcome != 'accepted'
            then
                {%- for column in key %}
                {{ "|| '|' || " if not loop.first }}coalesce(cast({{ column }} as {{ dbt.type_string() }}), '')
                {%- endfor %}
    end
{%- endmacro %}


{% macro row_payload_hash(payload) -%}
    case when outcome != 'accepted' then {{ payload_hash(payload) }} end
{%- endmacro %}


{#- A name in lower case with single underscores, as the mapping seeds spell it. -#}
{% macro slug(expression) -%}
    replace(replace(lower({{ expression }}), ' ', '_'), '-', '_')
{%- endmacro %}
