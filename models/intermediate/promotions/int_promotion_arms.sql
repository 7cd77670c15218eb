-- One row per customer who may be contacted, and promotion that is due for them.
-- Are they in the universal holdout, the promotion's control group or its treatment?
with

options as (
    select * from {{ ref('int_promotion_options') }}
    where is_permitted
),

customers as (
    select * from {{ ref('int_customers') }}
),

draws as (
    select * from {{ ref('int_promotion_draws') }}
),

history as (
    select * from {{ ref('int_promotion_arm_history') }}
    where as_of_date <= {{ as_of_date() }}
),

-- the arm of the first day beats what the hash says today
stored as (

    select
        customer_id,
        draw_id,
        salt,
        arm,
        as_of_date,
        row_number() over (
            partition by customer_id, draw_id, salt
            order by as_of_date nulls last
        ) as draw_rank
    from history

),

arms as (

    select
        draws.customer_id,
        draws.draw_id,
        coalesce(stored.arm, draws.arm) as arm,
        coalesce(stored.as_of_date, {{ as_of_date() }}) as assigned_date
    from draws
    left join stored
        on
            draws.customer_id = stored.customer_id
            and draws.draw_id = stored.draw_id
            and draws.salt = stored.salt
            and stored.draw_rank = 1

),

universal_arms as (

    select *
    from arms
    where draw_id = 'universal'

),

due as (

    select distinct
        customers.customer_id,
        options.customer_key,
        options.promotion_id
    from options
    inner join customers on options.customer_key = customers.customer_key

),

final as (

    select
        due.customer_key,
        due.promotion_id,
        case
            when universal_arms.arm = 'control' then 'universal'
            else arms.arm
        end as arm,
        case
            when universal_arms.arm = 'control' then universal_arms.assigned_date
            else arms.assigned_date
        end as assigned_date
    from due
    inner join arms
        on
            due.customer_id = arms.customer_id
            and due.promotion_id = arms.draw_id
    left join universal_arms on due.customer_id = universal_arms.customer_id

)

select * from final
