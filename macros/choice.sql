{#- The value of a var that has a few allowed values; any other stops the run and names them. -#}
{% macro choice(name, allowed) -%}
    {%- if var(name) not in allowed -%}
        {{- exceptions.raise_compiler_error(
            "var " ~ name ~ " is '" ~ var(name) ~ "'. Choose one of: " ~ allowed | join(', ') ~ "."
        ) -}}
    {%- endif -%}
    {{- return(var(name)) -}}
{%- endmacro %}
