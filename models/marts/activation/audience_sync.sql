-- One row per destination and customer whom the tool may know, or has to forget.
-- What must it add, update, remove or leave as it is?
with

members as (
    select * from {{ ref('audience_members') }}
),

history as (
    select * from {{ ref('audience_sync_history') }}
),

destinations as (
    select * from {{ ref('destinations') }}
),

judged as (
    select * from {{ ref('int_audience_permissions') }}
),

final as (

    select
        members.destination,
        members.external_id,
        members.kind,
        {{ as_of_date() }} as as_of_date,
        case
            when history.as_of_date = {{ as_of_date() }} then history.action
            else 'keep'
        end as action,
        case
            when history.as_of_date != {{ as_of_date() }} then 'unchanged'
            when history.action = 'add' then 'new'
            else 'changed'
        end as action_reason,
        members.email,
        members.phone,
        members.email_sha256,
        members.phone_sha256,
        members.segment,
        members.lifecycle_stage,
        members.value_tier,
        members.promotion_id,
        members.message_key,
        members.content_key,
        members.product_id,
        members.send_from_at,
        members.send_until_at,
        members.payload_hash
    from members
    inner join history
        on
            members.destination = history.destination
            and members.external_id = history.external_id

    union all

    select
        history.destination,
        history.external_id,
        destinations.kind,
        {{ as_of_date() }} as as_of_date,
        history.action,
        case
            when not coalesce(destinations.is_enabled, false) then 'destination_off'
            else coalesce(judged.refusal_reason, 'not_known')
        end as action_reason,
        {% for name in [
            'email', 'phone', 'email_sha256', 'phone_sha256', 'segment',
            'lifecycle_stage', 'value_tier', 'promotion_id', 'message_key',
            'content_key', 'product_id'
        ] -%}
            cast(null as {{ dbt.type_string() }}) as {{ name }},
        {% endfor -%}
        cast(null as timestamp) as send_from_at,
        cast(null as timestamp) as send_until_at,
        cast(null as {{ dbt.type_string() }}) as payload_hash
    from history
    left join destinations on history.destination = destinations.destination
    left join judged
        on
            history.destination = judged.destination
            and history.external_id = judged.external_id
    where history.action = 'remove'

)

select * from final
