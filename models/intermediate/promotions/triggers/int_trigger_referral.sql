-- One row per customer who is an advocate and ordered lately.
-- When may they be asked to bring somebody?
with

triggers as (
    select * from {{ ref('triggers') }}
    where trigger_name = 'referral_ask' and is_enabled
),

lifecycle as (
    select * from {{ ref('int_customer_lifecycle') }}
    where lifecycle_stage = 'advocacy'
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

dated as (

    select
        lifecycle.customer_key,
        triggers.trigger_name,
        lifecycle.lifecycle_reason,
        purchases.last_order_date as event_date,
        {{ due_date('purchases.last_order_date') }} as due_date,
        {{ last_due_date('purchases.last_order_date') }} as last_due_date
    from lifecycle
    inner join purchases on lifecycle.customer_key = purchases.customer_key
    cross join triggers

),

final as (

    select
        customer_key,
        trigger_name,
        event_date,
        due_date,
        last_due_date,
        cast(null as {{ dbt.type_string() }}) as product_id,
        'last order on ' || {{ as_text('event_date') }} || '; ' || lifecycle_reason
            as evidence
    from dated
    where {{ is_listed() }}

)

select * from final
