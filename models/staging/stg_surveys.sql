-- One row per answer.
-- The accepted rows, cleaned and typed.
with

checked as (
    select * from {{ ref('stg_surveys_checked') }}
),

final as (

    select
        response_id,
        customer_id,
        responded_at,
        question,
        answer,
        score,
        updated_at,
        loaded_at
    from checked
    where outcome = 'accepted'

)

select * from final
