-- One row per customer whose orders have reached a round number.
-- Which order reached the highest one so far?
with

milestones as (
    select * from {{ ref('order_milestones') }}
),

purchases as (
    select * from {{ ref('int_orders_net') }}
    where {{ is_kept_purchase() }}
),

numbered as (

    select
        customer_key,
        order_id,
        order_date,
        row_number() over (
            partition by customer_key
            order by ordered_at asc nulls last, order_id asc nulls last
        ) as order_number
    from purchases

),

reached as (

    select
        numbered.*,
        row_number() over (
            partition by numbered.customer_key
            order by numbered.order_number desc nulls last
        ) as milestone_rank
    from numbered
    inner join milestones on numbered.order_number = milestones.order_count

),

final as (

    select
        customer_key,
        cast(order_number as bigint) as order_number,
        order_id,
        order_date
    from reached
    where milestone_rank = 1

)

select * from final
