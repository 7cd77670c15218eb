{#- Where a table's rows are: kind (absent, own, demo, file, source), the rows as the text of a from clause, and the
    relation if they are in one. -#}
{% macro raw_delivery(table, own_select=none) -%}
    {%- if not var('has_' ~ table, true) -%}
        {{- return({'kind': 'absent'}) -}}
    {%- elif own_select is not none -%}
        {{- return({'kind': 'own', 'rows': '(' ~ own_select ~ ') as delivered'}) -}}
    {%- elif var('demo_shop') -%}
        {%- set relation = ref('demo_' ~ table) -%}
        {{- return({'kind': 'demo', 'rows': relation | string, 'relation': relation}) -}}
    {%- elif var('raw_files') -%}
        {{- return({'kind': 'file', 'rows': file_relation(raw_file_path(table))}) -}}
    {%- endif -%}
    {%- set relation = source('raw', table) -%}
    {{- return({'kind': 'source', 'rows': relation | string, 'relation': relation}) -}}
{%- endmacro %}


{% macro raw_file_path(table) -%}
    {%- set files = var('raw_files') -%}
    {%- set path = files.get(table) if files is mapping else files | replace('{name}', table) -%}
    {%- if not path -%}
        {{- exceptions.raise_compiler_error(
            "raw_files names no file for table '" ~ table ~ "'. Add it, or set has_" ~ table ~ ": false."
        ) -}}
    {%- endif -%}
    {{- return(path) -}}
{%- endmacro %}


{#- A file as a relation: Parquet with its own types, CSV as text. -#}
{% macro file_relation(path) -%}
    {{- return(adapter.dispatch('file_relation', 'lifetime_segments')(path)) -}}
{%- endmacro %}

{#- Spark reads what make build has made Parquet of. -#}
{% macro spark__file_relation(path) -%}
    {{- return("parquet.`" ~ path | replace("`", "``") ~ "`") -}}
{%- endmacro %}

{% macro default__file_relation(path) -%}
    {%- set literal = "'" ~ path | replace("'", "''") ~ "'" -%}
    {%- set name = path | lower -%}
    {%- if name.endswith('.csv') or name.endswith('.csv.gz') -%}
        {#- all options are given: what DuckDB guesses (comment signs, rows to skip) would lose rows silently -#}
        {{- return(
            "read_csv(" ~ literal ~ ", all_varchar = true, header = true, delim = '" ~ var('raw_csv_delimiter')
            ~ "', quote = '\"', escape = '\"', comment = '', skip = 0)"
        ) -}}
    {%- endif -%}
    {{- return("read_parquet(" ~ literal ~ ")") -}}
{%- endmacro %}
