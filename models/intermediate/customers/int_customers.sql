-- One row per customer whom any accepted row names.
-- Who is known, and by which number do the models join them?
with

customers as (
    select * from {{ ref('stg_customers') }}
),

mentions as (

    select customer_id, created_at as known_at
    from customers
    union all
    select customer_id, ordered_at as known_at
    from {{ ref('stg_orders') }}
    union all
    select customer_id, occurred_at as known_at
    from {{ ref('stg_events') }}
    union all
    select customer_id, linked_at as known_at
    from {{ ref('stg_identities') }}
    union all
    select customer_id, changed_at as known_at
    from {{ ref('stg_consents') }}
    union all
    select customer_id, responded_at as known_at
    from {{ ref('stg_surveys') }}
    union all
    select customer_id, sent_at as known_at
    from {{ ref('stg_promotion_sends') }}
    union all
    select customer_id, assigned_at as known_at
    from {{ ref('stg_promotion_assignments') }}

),

known as (

    select
        customer_id,
        min(known_at) as first_known_at
    from mentions
    where customer_id is not null
    group by 1

),

final as (

    select
        cast(row_number() over (order by known.customer_id) as bigint) as customer_key,
        known.customer_id,
        known.first_known_at,
        customers.created_at,
        customers.country,
        customers.region,
        customers.city,
        customers.acquisition_channel,
        cast(customers.acquisition_cost as numeric(18, 2)) as acquisition_cost_amount,
        customers.account_id,
        customers.industry,
        customers.company_size,
        customers.referred_by,
        customers.birth_month_day,
        customers.is_minor
    from known
    left join customers
        on known.customer_id = customers.customer_id

)

select * from final
