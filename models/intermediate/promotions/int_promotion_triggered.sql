-- One row per customer and promotion that a trigger makes due.
-- Which trigger makes the promotion due, since when, and on what evidence?
with

triggers as (
    select * from {{ ref('int_customer_triggers') }}
    where is_due
),

promotion_triggers as (
    select * from {{ ref('promotion_triggers') }}
),

-- of several the one that is due longest speaks, for its time runs out first
ranked as (

    select
        triggers.customer_key,
        promotion_triggers.promotion_id,
        triggers.trigger_name,
        triggers.due_date,
        triggers.last_due_date,
        triggers.product_id,
        triggers.evidence,
        row_number() over (
            partition by triggers.customer_key, promotion_triggers.promotion_id
            order by
                triggers.due_date nulls last,
                triggers.trigger_name nulls last
        ) as trigger_rank
    from triggers
    inner join promotion_triggers
        on triggers.trigger_name = promotion_triggers.trigger_name

),

final as (

    select
        customer_key,
        promotion_id,
        trigger_name,
        due_date,
        last_due_date,
        product_id,
        evidence
    from ranked
    where trigger_rank = 1

)

select * from final
