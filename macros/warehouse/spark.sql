{#- What dbt-spark's own macros do not do: dates and times that are null, lists in an order, seeds read by Spark itself,
    rows of a Parquet table replaced by their key. -#}


{#- Boundaries crossed, as the other engines count them. -#}
{% macro spark__datediff(first_date, second_date, datepart) -%}
    {%- if datepart == 'day' -%}
        datediff({{ second_date }}, {{ first_date }})
    {%- elif datepart == 'month' -%}
        (
            (year({{ second_date }}) - year({{ first_date }})) * 12
            + month({{ second_date }}) - month({{ first_date }})
        )
    {%- elif datepart == 'second' -%}
        (unix_seconds({{ second_date }}) - unix_seconds({{ first_date }}))
    {%- else -%}
        {{- exceptions.raise_compiler_error("datediff in " ~ datepart ~ "s is not written for Spark: macros/warehouse/spark.sql.") -}}
    {%- endif -%}
{%- endmacro %}


{% macro spark__dateadd(datepart, interval, from_date_or_timestamp) -%}
    dateadd({{ datepart }}, {{ interval }}, {{ from_date_or_timestamp }})
{%- endmacro %}


{% macro spark__listagg(measure, delimiter_text, order_by_clause, limit_num) -%}
    listagg({{ measure }}, {{ delimiter_text }}) within group ({{ order_by_clause }})
{%- endmacro %}


{% macro spark__split_part(string_text, delimiter_text, part_number) -%}
    split_part({{ string_text }}, {{ delimiter_text }}, {{ part_number }})
{%- endmacro %}


{#- A seed as Spark reads its file: as literals of a statement its rows would take minutes, and quotes would break them. -#}
{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- call statement('seed_file') -%}
        create or replace temporary view seed_file using csv options (
            path '{{ model.root_path }}/{{ model.original_file_path }}',
            header 'true', multiLine 'true', escape '"', mode 'FAILFAST'
        )
    {%- endcall -%}
    {%- set sql -%}
        create table {{ this }} as
        select
        {%- for name in agate_table.column_names %}
            {%- set type = types.get(name, adapter.convert_type(agate_table, loop.index0)) %}
            cast({{ adapter.quote(name) }} as {{ type | replace('varchar', 'string') }}) as {{ adapter.quote(name) }}
            {{- "," if not loop.last }}
        {%- endfor %}
        from seed_file
    {%- endset -%}
    {%- call statement('seed') -%}
        {{ sql }}
    {%- endcall -%}
    {{- return(sql) -}}
{%- endmacro %}

{% macro spark__load_csv_rows(model, agate_table) -%}
    {{- return('-- loaded with the table') -}}
{%- endmacro %}


{#- The rows of the new delivery take the place of those with the same key; dbt-spark has this for Delta and the like only. -#}
{% macro dbt_spark_validate_get_incremental_strategy(raw_strategy, file_format) -%}
    {{- return(raw_strategy) -}}
{%- endmacro %}

{% macro dbt_spark_get_incremental_sql(strategy, source, target, existing, unique_key, incremental_predicates) -%}
    {%- if strategy == 'delete+insert' -%}
        {%- set columns = adapter.get_columns_in_relation(target) | map(attribute='quoted') | join(', ') -%}
        {%- set same_key = [] -%}
        {%- for column in unique_key -%}
            {%- do same_key.append('kept.' ~ column ~ ' = delivered.' ~ column) -%}
        {%- endfor -%}
        {%- do replace_rows(
            target,
            'select ' ~ columns ~ ' from ' ~ target ~ ' as kept left anti join ' ~ source ~ ' as delivered on '
            ~ same_key | join(' and ') ~ ' union all select ' ~ columns ~ ' from ' ~ source
        ) -%}
        select 'replaced' as answer
    {%- else -%}
        {{ get_insert_into_sql(source, target) }}
    {%- endif -%}
{%- endmacro %}


{#- A Parquet table cannot be read while it is written, so what it is to hold is put beside it first. -#}
{% macro replace_rows(relation, query) -%}
    {%- set next = relation.incorporate(path={'identifier': relation.identifier ~ '__next'}) -%}
    {%- do run_query('drop table if exists ' ~ next) -%}
    {%- do run_query('create table ' ~ next ~ ' as ' ~ query) -%}
    {%- do run_query('insert overwrite table ' ~ relation ~ ' select * from ' ~ next) -%}
    {%- do run_query('drop table ' ~ next) -%}
{%- endmacro %}
