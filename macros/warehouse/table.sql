{#- A table on DuckDB. A build of some hundred small tables spends a sixth of its time on giving each a name for the time
    being, renaming it and dropping what had the name; here the old table goes and the new one comes in one transaction. -#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set old = load_cached_relation(this) -%}
    {%- set new = this.incorporate(type='table') -%}
    {{- run_hooks(pre_hooks, inside_transaction=False) -}}
    {{- run_hooks(pre_hooks, inside_transaction=True) -}}
    {%- if old -%}
        {%- do adapter.drop_relation(old) -%}
    {%- endif -%}
    {%- call statement('main', language=model['language']) -%}
        {{ create_table_as(False, new, compiled_code, model['language']) }}
    {%- endcall -%}
    {%- do create_indexes(new) -%}
    {{- run_hooks(post_hooks, inside_transaction=True) -}}
    {%- do persist_docs(new, model) -%}
    {%- do adapter.commit() -%}
    {{- run_hooks(post_hooks, inside_transaction=False) -}}
    {{- return({'relations': [new]}) -}}
{% endmaterialization %}
