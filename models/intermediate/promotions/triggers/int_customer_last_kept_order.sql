-- One row per customer with a purchase that was not refunded in full.
-- Which was the last one, and have they answered a survey since?
with

purchases as (
    select * from {{ ref('int_orders_net') }}
    where {{ is_kept_purchase() }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

surveys as (
    select * from {{ ref('stg_surveys') }}
),

answers as (

    select
        customers.customer_key,
        max(surveys.responded_at) as last_responded_at
    from surveys
    inner join customers on surveys.customer_id = customers.customer_id
    group by 1

),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_key
            order by ordered_at desc nulls last, order_id desc nulls last
        ) as order_rank
    from purchases

),

final as (

    select
        ranked.customer_key,
        ranked.order_id,
        ranked.ordered_at,
        ranked.order_date,
        coalesce(answers.last_responded_at >= ranked.ordered_at, false)
            as has_answered_since
    from ranked
    left join answers on ranked.customer_key = answers.customer_key
    where ranked.order_rank = 1

)

select * from final
