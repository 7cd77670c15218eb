-- One row per customer that the shop registered.
-- Who they are, cleaned and typed; no birth date.
with

checked as (
    select * from {{ ref('stg_customers_checked') }}
),

final as (

    select
        customer_id,
        created_at,
        email,
        phone,
        birth_month_day,
        is_minor,
        country,
        region,
        city,
        acquisition_channel,
        acquisition_cost,
        account_id,
        industry,
        company_size,
        referred_by,
        updated_at,
        loaded_at
    from checked
    where outcome = 'accepted'

)

select * from final
