-- One row per customer and trigger about a next order that is overdue.
-- On which day does it reach the trigger's threshold?
with

triggers as (
    select * from {{ ref('triggers') }}
    where is_enabled
),

cadence as (
    select * from {{ ref('int_customer_cadence') }}
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

customer_values as (
    select * from {{ ref('int_customer_value') }}
),

high_tiers as (
    select * from {{ ref('value_tiers') }}
    where is_high_value
),

expecting as (

    select
        cadence.customer_key,
        'win_back' as trigger_name,
        cadence.expected_gap_days,
        '' as who
    from cadence

    union all

    -- whoever has lapsed is won back, not kept
    select
        cadence.customer_key,
        'retention_ending' as trigger_name,
        cadence.expected_gap_days,
        ', tier ' || high_tiers.value_tier as who
    from cadence
    inner join customer_values on cadence.customer_key = customer_values.customer_key
    inner join high_tiers on customer_values.value_tier = high_tiers.value_tier
    where cadence.gap_count > 0 and cadence.cadence_status != 'lapsed'

),

-- the first day on which the overdue ratio is as high as the threshold
reached as (

    select
        expecting.*,
        triggers.threshold,
        purchases.last_order_date,
        {{ days_after(
            'purchases.last_order_date',
            'ceil('
            ~ exact_product(
                'expecting.expected_gap_days', 'triggers.threshold', 'numeric(38, 6)'
            ) ~ ')'
        ) }} as event_date
    from expecting
    inner join purchases on expecting.customer_key = purchases.customer_key
    inner join triggers on expecting.trigger_name = triggers.trigger_name

),

dated as (

    select
        reached.*,
        {{ due_date('reached.event_date') }} as due_date,
        {{ last_due_date('reached.event_date') }} as last_due_date
    from reached
    inner join triggers on reached.trigger_name = triggers.trigger_name

),

final as (

    select
        customer_key,
        trigger_name,
        event_date,
        due_date,
        last_due_date,
        cast(null as {{ dbt.type_string() }}) as product_id,
        'last order on ' || {{ as_text('last_order_date') }}
        || ', next one expected after ' || {{ plain_number('expected_gap_days') }}
        || ' days, ' || {{ plain_number('threshold') }} || ' times that on '
        || {{ as_text('event_date') }} || who as evidence
    from dated
    where {{ is_listed() }}

)

select * from final
