-- One row per customer and trigger about their second, a round or their last order.
-- Which of them calls for a message, and from when until when?
with

triggers as (
    select * from {{ ref('triggers') }}
    where is_enabled
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
    where occasion_count = 1
),

second_order_days as (
    select * from {{ ref('int_second_order_days') }}
),

milestones as (
    select * from {{ ref('int_customer_milestone') }}
),

last_kept_orders as (
    select * from {{ ref('int_customer_last_kept_order') }}
),

second_orders as (

    select
        purchases.customer_key,
        triggers.trigger_name,
        purchases.first_order_date as event_date,
        {{ days_after(
            'purchases.first_order_date',
            '(cast(triggers.offset_days as bigint) + second_order_days.first_day)'
        ) }} as due_date,
        {{ days_after(
            'purchases.first_order_date',
            '(cast(triggers.offset_days as bigint) + second_order_days.last_day)'
        ) }} as last_due_date,
        'one order day, ' || {{ as_text('purchases.first_order_date') }}
        || '; the middle ' || {{ plain_number('triggers.threshold') }} || ' of '
        || {{ as_text('second_order_days.second_order_count') }}
        || ' second orders came '
        || {{ as_text('second_order_days.first_day') }} || ' to '
        || {{ as_text('second_order_days.last_day') }}
        || ' days after the first' as evidence
    from purchases
    cross join second_order_days
    inner join triggers on second_order_days.trigger_name = triggers.trigger_name

),

happened as (

    select
        customer_key,
        'milestone' as trigger_name,
        order_date as event_date,
        'order ' || order_id || ' on ' || {{ as_text('order_date') }} || ' is number '
        || {{ as_text('order_number') }} || ' of those kept' as evidence
    from milestones

    union all

    select
        customer_key,
        'post_purchase_survey' as trigger_name,
        order_date as event_date,
        'order ' || order_id || ' on ' || {{ as_text('order_date') }}
        || ', no survey answered since' as evidence
    from last_kept_orders
    where not has_answered_since

),

dated as (

    select
        happened.customer_key,
        happened.trigger_name,
        happened.event_date,
        {{ due_date('happened.event_date') }} as due_date,
        {{ last_due_date('happened.event_date') }} as last_due_date,
        happened.evidence
    from happened
    inner join triggers on happened.trigger_name = triggers.trigger_name

    union all

    select * from second_orders

),

final as (

    select
        customer_key,
        trigger_name,
        event_date,
        due_date,
        last_due_date,
        cast(null as {{ dbt.type_string() }}) as product_id,
        evidence
    from dated
    where {{ is_listed() }}

)

select * from final
