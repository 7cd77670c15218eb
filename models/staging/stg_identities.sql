-- One row per anonymous visitor and customer.
-- Who turned out to be whom, as of the day.
with

checked as (
    select * from {{ ref('stg_identities_checked') }}
),

final as (

    select
        anonymous_id,
        customer_id,
        linked_at,
        is_ambiguous,
        updated_at,
        loaded_at
    from checked
    where outcome = 'accepted'

)

select * from final
