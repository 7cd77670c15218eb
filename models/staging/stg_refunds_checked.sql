-- One row per delivered row of refunds.
-- What became of it, and why.
{% set key = ['refund_id'] %}
{% set payload = [
    'refund_id', 'order_id', 'refunded_at', 'amount', 'reason', 'updated_at',
    'unparsed_values'
] %}
with

refunds as (
    select * from {{ ref('raw_refunds') }}
),

order_outcomes as (
    select * from {{ ref('stg_order_outcomes') }}
),

erased_orders as (
    {{ erased_orders() }}
),

deliveries as (

    select
        refunds.*,
        coalesce(order_outcomes.outcome = 'accepted', false) as has_order,
        order_outcomes.paid_amount,
        (
            erased_orders.order_id is not null
            and coalesce(order_outcomes.outcome != 'accepted', true)
        ) as is_erased,
        (
            {{ is_after_as_of('refunds.refunded_at', 'refunds.updated_at') }}
            or coalesce(order_outcomes.outcome = 'after_as_of', false)
        ) as is_after_as_of
    from refunds
    left join order_outcomes
        on refunds.order_id = order_outcomes.order_id
    left join erased_orders
        on refunds.order_id = erased_orders.order_id

),

numbered as (
    {{ number_versions('deliveries', key, payload) }}
),

refused as (

    select
        numbered.*,
        case
            when refund_id is null then 'missing_key'
            when refunded_at is null then 'unparsable_timestamp'
            when {{ is_impossible('refunded_at') }} then 'impossible_timestamp'
            when {{ is_after_load('refunded_at') }} then 'after_load_time'
            when amount is null then 'invalid_amount'
            when amount < 0 then 'negative_amount'
            when not has_order then 'unknown_order'
            when amount > paid_amount then 'refund_above_order'
        end as own_refusal
    from numbered

),

-- two refunds that fit alone may be too much together: the later one is refused
counted as (

    select
        refused.*,
        case
            when own_refusal is not null or is_erased or is_after_as_of then 0
            when copy_number > 1 or version_number > 1 then 0
            else amount
        end as counted_amount
    from refused

),

judged as (

    select
        counted.*,
        case
            when own_refusal is not null then own_refusal
            when paid_amount < sum(counted_amount) over (
                partition by order_id
                order by refunded_at nulls last, refund_id nulls last
                rows between unbounded preceding and current row
            ) then 'refund_above_order'
        end as refusal
    from counted

),

outcomes as (
    select judged.*, {{ row_outcome() }} as outcome from judged
),

final as (

    select
        {{ unless_erased('refund_id') }} as refund_id,
        {{ unless_erased('order_id') }} as order_id,
        {{ unless_erased('refunded_at') }} as refunded_at,
        {{ unless_erased('amount') }} as amount,
        {{ unless_erased('reason') }} as refund_reason,
        {{ unless_erased('updated_at') }} as updated_at,
        {{ unless_erased('loaded_at') }} as loaded_at,
        {{ row_key(key) }} as row_key,
        cast(amount as numeric(38, 4)) as row_amount,
        {{ row_payload_hash(payload) }} as payload_hash,
        outcome,
        {{ row_reason() }} as reason
    from outcomes

)

select * from final
