-- One row per warehouse.
-- What is hashed with a customer id, so that hashing all ids finds nobody?
{{
    config(
        materialized='incremental',
        incremental_strategy='append',
        full_refresh=false,
        on_schema_change='append_new_columns',
    )
}}
with

-- made once: another salt would let everybody in again who was ever forgotten
final as (

    select {{ random_uuid() }} as salt
    {% if is_incremental() %}
        where not exists (select 1 from {{ this }})
    {% endif %}

)

select * from final
