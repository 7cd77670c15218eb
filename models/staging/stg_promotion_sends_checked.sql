-- One row per delivered row of promotion_sends.
-- What became of it, and why.
{% set key = ['send_id'] %}
{% set payload = [
    'send_id', 'customer_id', 'promotion_id', 'channel', 'sent_at', 'delivered',
    'cost', 'updated_at', 'unparsed_values'
] %}
with

promotion_sends as (
    select * from {{ ref('raw_promotion_sends') }}
),

erased_customers as (
    {{ erased_ids(ref('raw_promotion_sends')) }}
),

deliveries as (

    select
        promotion_sends.*,
        erased_customers.customer_id is not null as is_erased,
        {{ is_after_as_of(
            'promotion_sends.sent_at', 'promotion_sends.updated_at'
        ) }} as is_after_as_of
    from promotion_sends
    left join erased_customers
        on promotion_sends.customer_id = erased_customers.customer_id

),

numbered as (
    {{ number_versions('deliveries', key, payload) }}
),

judged as (

    select
        numbered.*,
        case
            when send_id is null then 'missing_key'
            when customer_id is null then 'missing_customer'
            when promotion_id is null or channel is null then 'missing_value'
            when sent_at is null then 'unparsable_timestamp'
            when {{ is_impossible('sent_at') }} then 'impossible_timestamp'
            when {{ is_after_load('sent_at') }} then 'after_load_time'
            when {{ is_unparsed(['cost']) }} then 'invalid_amount'
            when cost < 0 then 'negative_amount'
        end as refusal
    from numbered

),

outcomes as (
    select judged.*, {{ row_outcome() }} as outcome from judged
),

final as (

    select
        {{ unless_erased('send_id') }} as send_id,
        {{ unless_erased('customer_id') }} as customer_id,
        {{ unless_erased('promotion_id') }} as promotion_id,
        {{ unless_erased('channel') }} as channel,
        {{ unless_erased('sent_at') }} as sent_at,
        {{ unless_erased('delivered') }} as delivered,
        {{ unless_erased('cost') }} as cost,
        {{ unless_erased('updated_at') }} as updated_at,
        {{ unless_erased('loaded_at') }} as loaded_at,
        {{ row_key(key) }} as row_key,
        cast(cost as numeric(38, 4)) as row_amount,
        {{ row_payload_hash(payload) }} as payload_hash,
        outcome,
        {{ row_reason() }} as reason
    from outcomes

)

select * from final
