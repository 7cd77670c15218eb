-- One row per delivered row of surveys.
-- What became of it, and why.
{% set key = ['response_id'] %}
{% set payload = [
    'response_id', 'customer_id', 'responded_at', 'question', 'answer', 'score',
    'updated_at', 'unparsed_values'
] %}
with

surveys as (
    select * from {{ ref('raw_surveys') }}
),

erased_customers as (
    {{ erased_ids(ref('raw_surveys')) }}
),

deliveries as (

    select
        surveys.*,
        erased_customers.customer_id is not null as is_erased,
        {{ is_after_as_of(
            'surveys.responded_at', 'surveys.updated_at'
        ) }} as is_after_as_of
    from surveys
    left join erased_customers
        on surveys.customer_id = erased_customers.customer_id

),

numbered as (
    {{ number_versions('deliveries', key, payload) }}
),

judged as (

    select
        numbered.*,
        case
            when response_id is null then 'missing_key'
            when customer_id is null then 'missing_customer'
            when question is null or answer is null then 'missing_value'
            when responded_at is null then 'unparsable_timestamp'
            when {{ is_impossible('responded_at') }} then 'impossible_timestamp'
            when {{ is_after_load('responded_at') }} then 'after_load_time'
        end as refusal
    from numbered

),

outcomes as (
    select judged.*, {{ row_outcome() }} as outcome from judged
),

final as (

    select
        {{ unless_erased('response_id') }} as response_id,
        {{ unless_erased('customer_id') }} as customer_id,
        {{ unless_erased('responded_at') }} as responded_at,
        {{ unless_erased('question') }} as question,
        {{ unless_erased('answer') }} as answer,
        {{ unless_erased('score') }} as score,
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
