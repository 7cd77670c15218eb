-- One row per customer and promotion whose arms another tool drew.
-- Which arm did it give the customer first?
with

delivered as (
    select * from {{ ref('stg_promotion_assignments') }}
),

arm_names as (
    select * from {{ ref('arm_names') }}
),

-- the first arm stays, as ours do
ranked as (

    select
        delivered.customer_id,
        delivered.promotion_id,
        coalesce(arm_names.arm, 'treatment') as arm,
        coalesce(delivered.assigned_by, 'delivered') as assigned_by,
        row_number() over (
            partition by delivered.customer_id, delivered.promotion_id
            order by
                delivered.assigned_at nulls last,
                delivered.assignment_id nulls last
        ) as assignment_rank
    from delivered
    left join arm_names on {{ slug('delivered.arm') }} = arm_names.raw_arm

),

final as (

    select
        customer_id,
        promotion_id,
        arm,
        assigned_by
    from ranked
    where assignment_rank = 1

)

select * from final
