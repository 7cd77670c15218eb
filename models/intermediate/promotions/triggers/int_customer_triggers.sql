-- One row per customer and trigger that is due, or will be soon.
-- What has happened or will happen, when is a message due, and how do we know?
with

all_triggers as (

    select * from {{ ref('int_trigger_replenishment') }}
    union all
    select * from {{ ref('int_trigger_abandonment') }}
    union all
    select * from {{ ref('int_trigger_orders') }}
    union all
    select * from {{ ref('int_trigger_dates') }}
    union all
    select * from {{ ref('int_trigger_cadence') }}
    union all
    select * from {{ ref('int_trigger_interest') }}
    union all
    select * from {{ ref('int_trigger_referral') }}

),

final as (

    select
        customer_key,
        trigger_name,
        event_date,
        due_date,
        last_due_date,
        {{ send_date() }} between due_date and last_due_date as is_due,
        product_id,
        evidence
    from all_triggers

)

select * from final
