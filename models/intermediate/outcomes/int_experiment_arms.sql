-- One row per customer, promotion (or universal) and draw.
-- Which arm were they assigned to, when, and by whom?
with

delivered as (
    select * from {{ ref('stg_promotion_assignments') }}
),

history as (
    select * from {{ ref('int_promotion_arm_history') }}
    where as_of_date <= {{ as_of_date() }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

arm_names as (
    select * from {{ ref('arm_names') }}
),

-- the first arm stays, whatever came later
drawn as (

    select
        *,
        row_number() over (
            partition by customer_id, draw_id, salt
            order by as_of_date nulls last
        ) as draw_rank
    from history
    where drawn_by = 'hash' or draw_id = 'universal'

),

-- what another tool drew keeps the names of its arms
named as (

    select
        delivered.customer_id,
        delivered.promotion_id,
        coalesce(arm_names.arm, {{ slug('delivered.arm') }}) as arm,
        delivered.assigned_at,
        row_number() over (
            partition by delivered.customer_id, delivered.promotion_id
            order by
                delivered.assigned_at nulls last,
                delivered.assignment_id nulls last
        ) as assignment_rank
    from delivered
    left join arm_names on {{ slug('delivered.arm') }} = arm_names.raw_arm

),

-- an arm that was drawn here ruled from the morning of the send day on
arms as (

    select
        customer_id,
        draw_id as promotion_id,
        salt as draw,
        arm,
        {{ start_of_day(dbt.dateadd('day', 1, 'as_of_date')) }} as assigned_at,
        holdout_share
    from drawn
    where draw_rank = 1

    union all

    select
        named.customer_id,
        named.promotion_id,
        'delivered' as draw,
        named.arm,
        named.assigned_at,
        cast(null as numeric(18, 4)) as holdout_share
    from named
    left join drawn
        on
            named.customer_id = drawn.customer_id
            and named.promotion_id = drawn.draw_id
            and drawn.draw_rank = 1
    where named.assignment_rank = 1 and drawn.customer_id is null

),

final as (

    select
        customers.customer_key,
        arms.promotion_id,
        arms.draw,
        arms.arm,
        arms.arm = 'control' as is_control,
        cast(arms.assigned_at as timestamp) as assigned_at,
        cast(arms.holdout_share as numeric(18, 4)) as holdout_share
    from arms
    inner join customers on arms.customer_id = customers.customer_id

)

select * from final
