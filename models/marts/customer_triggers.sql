-- One row per customer and trigger that is due, or will be soon.
-- What has happened or will happen to whom, and when is a message due?
with

customers as (
    select * from {{ ref('int_customers') }}
),

triggers as (
    select * from {{ ref('int_customer_triggers') }}
),

final as (

    select
        customers.customer_id,
        triggers.trigger_name,
        {{ as_of_date() }} as as_of_date,
        triggers.event_date,
        triggers.due_date,
        triggers.last_due_date,
        triggers.is_due,
        triggers.product_id,
        triggers.evidence
    from triggers
    inner join customers on triggers.customer_key = customers.customer_key

)

select * from final
