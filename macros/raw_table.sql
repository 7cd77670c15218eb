{#- The rows of one contract table, typed: what every models/raw/raw_<table>.sql selects.

    The columns in raw_<table>.yml are the contract. The rows come from the demo shop's seed (demo_shop), the files
    of raw_files, or the source table; a table switched off by has_<table> is empty and typed. An adopter whose table
    looks otherwise writes a select of their own in a call block, and only names and joins are theirs to do:

        {% call raw_table('orders') %} select id as order_id, ... from {{ source('raw', 'sales') }} {% endcall %}

    A value that cannot be read becomes null and is named, with its text, in unparsed_values. -#}
{% macro raw_table(table) -%}
    {%- set delivery = raw_delivery(table, caller() if caller is defined and caller else none) -%}
    {%- set columns = raw_columns(table, delivery) if execute else [] -%}
    select
    {%- for column in columns %}
        {{ column.value }} as {{ column.name }},
    {%- endfor %}
        {{ unparsed_values(columns) }} as unparsed_values
    {%- if delivery.kind == 'absent' %}
    where 1 = 0
    {%- else %}
    from {{ delivery.rows }}
    {%- endif %}
{%- endmacro %}


{#- The contract's columns, each with the expression that reads it and whether reading can fail. -#}
{% macro raw_columns(table, delivery) -%}
    {%- set found = raw_column_types(table, delivery) -%}
    {%- set columns = [] -%}
    {%- for name, column in model.columns.items() if name != 'unparsed_values' -%}
        {%- set type = column.data_type -%}
        {%- if name in found -%}
            {%- set given = found[name] -%}
            {%- do columns.append({
                'name': name,
                'value': read_value(given.quoted, given.data_type, type, column.meta.get('date_means_end', false)),
                'text': clean_text(given.quoted),
                'is_given': given_value(given.quoted, given.data_type) ~ ' is not null',
                'is_protected': column.meta.get('protected', false),
                'can_fail': value_can_fail(given.data_type, type),
            }) -%}
        {%- elif column.meta.get('required', false) and delivery.kind != 'absent' -%}
            {{- raise_missing_column(table, name, delivery, found) -}}
        {%- else -%}
            {%- do columns.append({'name': name, 'value': 'cast(null as ' ~ type ~ ')', 'can_fail': false}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(columns) -}}
{%- endmacro %}


{#- What was delivered: lower-case column name to its quoted name and type. -#}
{% macro raw_column_types(table, delivery) -%}
    {%- set found = {} -%}
    {%- set is_loaded = delivery.relation is not defined or load_relation(delivery.relation) is not none -%}
    {%- if delivery.kind == 'demo' and not is_loaded -%}
        {#- dbt compile and the linter look at the project before its seeds are loaded: their columns are text -#}
        {%- for name in model.columns if name != 'unparsed_values' -%}
            {%- do found.update({name: {'quoted': name, 'data_type': 'text'}}) -%}
        {%- endfor -%}
    {%- elif not is_loaded -%}
        {{- exceptions.raise_compiler_error(
            "Table " ~ delivery.rows ~ " was not found. Load it, name its place in the vars raw_database and "
            ~ "raw_schema, or point raw_files to a folder"
            ~ ("." if table == 'orders' else "; or set has_" ~ table ~ ": false to do without it.")
        ) -}}
    {%- elif delivery.kind != 'absent' -%}
        {%- for column in get_column_schema_from_query('select * from ' ~ delivery.rows) -%}
            {%- do found.update({column.name | lower: {
                'quoted': adapter.quote(column.name), 'data_type': delivered_type(column.data_type | lower)
            }}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{- return(found) -}}
{%- endmacro %}


{#- What is null where nothing was given: a text may be blank; a number need not be written out to know. -#}
{% macro given_value(expression, given_type) -%}
    {{- return(clean_text(expression) if type_family(given_type) in ['text', 'other'] else expression) -}}
{%- endmacro %}


{% macro raise_missing_column(table, name, delivery, found) -%}
    {{- exceptions.raise_compiler_error(
        "Table '" ~ table ~ "' has no column '" ~ name ~ "', which the raw contract requires. Columns found in "
        ~ delivery.rows ~ ": " ~ found.keys() | join(', ') ~ ". Rename the column at its source, or select it under "
        ~ "this name in models/raw/raw_" ~ table ~ ".sql"
        ~ ("" if table == 'orders' else "; or set has_" ~ table ~ ": false to do without the table") ~ "."
    ) -}}
{%- endmacro %}


{#- 'column=text; ' for each value that was given and could not be read; null where all could. The text of a protected
    column stays out, for staging reads this one. -#}
{% macro unparsed_values(columns) -%}
    {%- set parts = [] -%}
    {%- for column in columns if column.can_fail -%}
        {%- do parts.append(
            "case when " ~ column.value ~ " is null and " ~ column.is_given ~ " then '" ~ column.name
            ~ ("=; '" if column.is_protected else "=' || substr(" ~ column.text ~ ", 1, 60) || '; '") ~ " else '' end"
        ) -%}
    {%- endfor -%}
    {%- if parts -%}
        nullif({{ parts | join('\n            || ') }}, '')
    {%- else -%}
        cast(null as {{ dbt.type_string() }})
    {%- endif -%}
{%- endmacro %}
