{#- How people who asked to be forgotten are known again without their ids being kept. -#}


{#- What is kept of a customer id: a hash of the salt and the id's SHA-256. The SHA-256 in between is what shops send
    when they do not tell the id, so such a request is as good as one with the id, whoever is known tonight. -#}
{% macro erasure_hash(id_sha256, salt) -%}
    {{ sha256_hex(salt ~ " || '|' || " ~ id_sha256) }}
{%- endmacro %}


{#- The erased among the ids in some columns of a relation, as rows of customer_id. Each id is hashed once, not each
    row, and before the join, lest a planner pairs every id with every tombstone; without tombstones nothing is read. -#}
{% macro erased_ids(relation, columns=['customer_id']) -%}
    {%- set tombstones = ref('stg_erasure_tombstones') -%}
    select hashed.customer_id
    from (
        select
            ids.customer_id,
            {{ erasure_hash(sha256_hex('ids.customer_id'), 'salts.salt') }} as customer_hash
        from (
            {%- for column in columns %}
            {{ union_distinct() ~ " " if not loop.first }}select distinct {{ column }} as customer_id
            from {{ relation }}
            where exists (select 1 from {{ tombstones }})
            {%- endfor %}
        ) as ids
        cross join {{ ref('stg_erasure_salt') }} as salts
    ) as hashed
    inner join {{ tombstones }} as tombstones
        on hashed.customer_hash = tombstones.customer_hash
{%- endmacro %}


{#- The orders of erased people, as rows of order_id. They are looked up in the delivery, so that no model keeps them. -#}
{% macro erased_orders() -%}
    select distinct orders.order_id
    from {{ ref('raw_orders') }} as orders
    inner join ({{ erased_ids(ref('raw_orders')) }}) as erased_customers
        on orders.customer_id = erased_customers.customer_id
{%- endmacro %}


{#- A value of a delivered row, null where the row is an erased person's: of those only outcome and amount stay. -#}
{% macro unless_erased(expression) -%}
    case when not is_erased then {{ expression }} end
{%- endmacro %}
