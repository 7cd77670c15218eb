-- One row per delivered row of consents.
-- What became of it, and why.
{% set key = ['customer_id', 'channel', 'purpose', 'changed_at', 'status'] %}
{% set payload = [
    'customer_id', 'channel', 'purpose', 'changed_at', 'status', 'source',
    'updated_at', 'unparsed_values'
] %}
with

consents as (
    select * from {{ ref('raw_consents') }}
),

erased_customers as (
    {{ erased_ids(ref('raw_consents')) }}
),

deliveries as (

    select
        consents.*,
        erased_customers.customer_id is not null as is_erased,
        {{ is_after_as_of(
            'consents.changed_at', 'consents.updated_at'
        ) }} as is_after_as_of
    from consents
    left join erased_customers
        on consents.customer_id = erased_customers.customer_id

),

numbered as (
    {{ number_versions('deliveries', key, payload) }}
),

judged as (

    select
        numbered.*,
        case
            when customer_id is null then 'missing_customer'
            when channel is null or purpose is null or status is null
                then 'missing_value'
            when changed_at is null then 'unparsable_timestamp'
            when {{ is_impossible('changed_at') }} then 'impossible_timestamp'
            when {{ is_after_load('changed_at') }} then 'after_load_time'
            when status not in ('granted', 'withdrawn') then 'unknown_status'
        end as refusal
    from numbered

),

outcomes as (
    select judged.*, {{ row_outcome() }} as outcome from judged
),

final as (

    select
        {{ unless_erased('customer_id') }} as customer_id,
        {{ unless_erased('channel') }} as channel,
        {{ unless_erased('purpose') }} as purpose,
        {{ unless_erased('changed_at') }} as changed_at,
        {{ unless_erased('status') }} as status,
        {{ unless_erased('source') }} as source,
        {{ unless_erased('updated_at') }} as updated_at,
        {{ unless_erased('loaded_at') }} as loaded_at,
        {{ row_key(key) }} as row_key,
        cast(null as numeric(38, 4)) as row_amount,
        {{ row_payload_hash(payload) }} as payload_hash,
        outcome,
        {{ row_reason() }} as reason
    from outcomes

)

select * from final
