-- One row per delivered row of identities.
-- What became of it, and why.
{% set key = ['anonymous_id', 'customer_id'] %}
{% set payload = [
    'anonymous_id', 'customer_id', 'linked_at', 'updated_at', 'unparsed_values'
] %}
with

identities as (
    select * from {{ ref('raw_identities') }}
),

erased_ids as (
    {{ erased_ids(ref('raw_identities'), ['customer_id', 'anonymous_id']) }}
),

deliveries as (

    select
        identities.*,
        (
            erased_customers.customer_id is not null
            or erased_visitors.customer_id is not null
        ) as is_erased,
        {{ is_after_as_of(
            'identities.linked_at', 'identities.updated_at'
        ) }} as is_after_as_of
    from identities
    left join erased_ids as erased_customers
        on identities.customer_id = erased_customers.customer_id
    left join erased_ids as erased_visitors
        on identities.anonymous_id = erased_visitors.customer_id

),

numbered as (
    {{ number_versions('deliveries', key, payload) }}
),

judged as (

    select
        numbered.*,
        case
            when anonymous_id is null then 'missing_key'
            when customer_id is null then 'missing_customer'
            when linked_at is null then 'unparsable_timestamp'
            when {{ is_impossible('linked_at') }} then 'impossible_timestamp'
            when {{ is_after_load('linked_at') }} then 'after_load_time'
        end as refusal
    from numbered

),

outcomes as (
    select judged.*, {{ row_outcome() }} as outcome from judged
),

-- one visitor, several customers: nobody can say whose the visit was
linked as (

    select
        outcomes.*,
        outcome = 'accepted'
        and count(*) over (partition by anonymous_id, outcome) > 1 as is_ambiguous
    from outcomes

),

final as (

    select
        {{ unless_erased('anonymous_id') }} as anonymous_id,
        {{ unless_erased('customer_id') }} as customer_id,
        {{ unless_erased('linked_at') }} as linked_at,
        {{ unless_erased('is_ambiguous') }} as is_ambiguous,
        {{ unless_erased('updated_at') }} as updated_at,
        {{ unless_erased('loaded_at') }} as loaded_at,
        {{ row_key(key) }} as row_key,
        cast(null as numeric(38, 4)) as row_amount,
        {{ row_payload_hash(payload) }} as payload_hash,
        outcome,
        {{ row_reason({'ambiguous_identity': 'is_ambiguous'}) }} as reason
    from linked

)

select * from final
