{#- A table on DuckDB. A build of some hundred small tables spends a fifth of its time on giving each a name for the time
    being, renaming it and dropping what had the name; here the old table goes and the new one comes in one transaction.
    Its contract is compared with the new table, where its query would have to be planned twice; a breach undoes both.
    What Python makes, it makes on a connection of its own, so the old table is gone before. -#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set is_python = model['language'] == 'python' -%}
    {%- set old = load_cached_relation(this) -%}
    {%- set new = this.incorporate(type='table') -%}
    {{- run_hooks(pre_hooks, inside_transaction=False) -}}
    {{- run_hooks(pre_hooks, inside_transaction=True) -}}
    {%- if is_python -%}
        {%- if old -%}
            {%- do adapter.drop_relation(old) -%}
        {%- endif -%}
        {%- call statement('main', language='python') -%}
            {{ create_table_as(False, new, compiled_code, 'python') }}
        {%- endcall -%}
    {%- else -%}
        {%- call statement('main') -%}
            {%- if old -%}
                drop {{ old.type }} {{ old }};
            {%- endif %}
            create table {{ new }} as (
                {{ compiled_code }}
            )
        {%- endcall -%}
        {%- if config.get('contract').enforced -%}
            {%- do get_assert_columns_equivalent('select * from ' ~ new) -%}
        {%- endif -%}
    {%- endif -%}
    {%- do create_indexes(new) -%}
    {{- run_hooks(post_hooks, inside_transaction=True) -}}
    {%- do persist_docs(new, model) -%}
    {%- do adapter.commit() -%}
    {{- run_hooks(post_hooks, inside_transaction=False) -}}
    {{- return({'relations': [new]}) -}}
{% endmaterialization %}
