-- One row per drawn arm.
-- The accepted rows, cleaned and typed.
with

checked as (
    select * from {{ ref('stg_promotion_assignments_checked') }}
),

final as (

    select
        assignment_id,
        customer_id,
        promotion_id,
        arm,
        assigned_at,
        assigned_by,
        updated_at,
        loaded_at
    from checked
    where outcome = 'accepted'

)

select * from final
