-- One row per delivered row of promotion_assignments.
-- What became of it, and why.
{% set key = ['assignment_id'] %}
{% set payload = [
    'assignment_id', 'customer_id', 'promotion_id', 'arm', 'assigned_at',
    'assigned_by', 'updated_at', 'unparsed_values'
] %}
with

promotion_assignments as (
    select * from {{ ref('raw_promotion_assignments') }}
),

erased_customers as (
    {{ erased_ids(ref('raw_promotion_assignments')) }}
),

deliveries as (

    select
        promotion_assignments.*,
        erased_customers.customer_id is not null as is_erased,
        {{ is_after_as_of(
            'promotion_assignments.assigned_at', 'promotion_assignments.updated_at'
        ) }} as is_after_as_of
    from promotion_assignments
    left join erased_customers
        on promotion_assignments.customer_id = erased_customers.customer_id

),

numbered as (
    {{ number_versions('deliveries', key, payload) }}
),

judged as (

    select
        numbered.*,
        case
            when assignment_id is null then 'missing_key'
            when customer_id is null then 'missing_customer'
            when promotion_id is null or arm is null then 'missing_value'
            when assigned_at is null then 'unparsable_timestamp'
            when {{ is_impossible('assigned_at') }} then 'impossible_timestamp'
            when {{ is_after_load('assigned_at') }} then 'after_load_time'
        end as refusal
    from numbered

),

outcomes as (
    select judged.*, {{ row_outcome() }} as outcome from judged
),

final as (

    select
        {{ unless_erased('assignment_id') }} as assignment_id,
        {{ unless_erased('customer_id') }} as customer_id,
        {{ unless_erased('promotion_id') }} as promotion_id,
        {{ unless_erased('arm') }} as arm,
        {{ unless_erased('assigned_at') }} as assigned_at,
        {{ unless_erased('assigned_by') }} as assigned_by,
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
