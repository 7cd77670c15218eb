-- One row per destination and external id that a tool was told of, or to remove.
-- What does each tool know, and since when?
{# the pseudonym alone, and only until the tool has been told often enough to let go #}
{{
    config(
        schema='history',
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key=['destination', 'external_id'],
        full_refresh=false,
        on_schema_change='append_new_columns',
        post_hook="{{ forget_removed(this) }}",
    )
}}
with

members as (
    select * from {{ ref('audience_members') }}
),

told as (

    {% if is_incremental() %}
        select
            destination,
            external_id,
            as_of_date,
            payload_hash,
            previous_payload_hash
        from {{ this }}
    {% else %}
        select
            destination,
            external_id,
            {{ as_of_date() }} as as_of_date,
            payload_hash,
            payload_hash as previous_payload_hash
        from members
        where 1 = 0
    {% endif %}

),

-- what the tool held before this day, and what an earlier build of this day told it:
-- whether the tool has read that is not known, so it is told the difference to both
held as (

    select
        destination,
        external_id,
        as_of_date = {{ as_of_date() }} as is_told_today,
        payload_hash as told_payload_hash,
        case
            when as_of_date = {{ as_of_date() }} then previous_payload_hash
            else payload_hash
        end as held_payload_hash
    from told

),

compared as (

    select
        coalesce(members.destination, held.destination) as destination,
        coalesce(members.external_id, held.external_id) as external_id,
        case
            when
                members.external_id is null
                and (held.is_told_today or held.held_payload_hash is not null)
                then 'remove'
            when members.external_id is null then null
            when held.held_payload_hash is null or held.told_payload_hash is null
                then 'add'
            when
                members.payload_hash != held.held_payload_hash
                or members.payload_hash != held.told_payload_hash
                then 'update'
        end as action,
        members.payload_hash,
        held.held_payload_hash as previous_payload_hash
    from members
    full outer join held
        on
            members.destination = held.destination
            and members.external_id = held.external_id

),

-- what stays as it was told keeps its row
final as (

    select
        destination,
        external_id,
        {{ as_of_date() }} as as_of_date,
        action,
        payload_hash,
        previous_payload_hash
    from compared
    where action is not null

)

select * from final
