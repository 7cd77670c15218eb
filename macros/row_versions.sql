{#- The rows of a CTE with copy_number (1 for the copy to keep of an exact duplicate) and version_number (1 for the
    version to keep: the latest updated_at, then the latest load, then the payload's hash). Only a key that came more
    than once is ordered; all other rows skip the windows. -#}
{% macro number_versions(deliveries, key, payload) -%}
    with repeated_keys as (
        {{- repeated_keys(deliveries, key) }}
    )

    select
        {{ deliveries }}.*,
        1 as copy_number,
        1 as version_number
    from {{ deliveries }}
    left join repeated_keys
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
    inner join repeated_keys
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


{#- md5 over all that was delivered in a row, nulls told from empty text: equal rows have equal hashes. -#}
{% macro payload_hash(columns) -%}
    {%- set texts = [] -%}
    {%- for column in columns -%}
        {%- do texts.append('coalesce(cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ '), chr(30))') -%}
    {%- endfor -%}
    {{ dbt.hash(texts | join('\n        || chr(31) || ')) }}
{%- endmacro %}
