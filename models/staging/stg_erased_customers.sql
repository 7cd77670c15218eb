-- One row per customer who asked to be forgotten.
-- Whose rows does no model keep? Asked by id or hash, any day, however broken.
with

requests as (
    select * from {{ ref('raw_erasure_requests') }}
),

known_ids as (

    select customer_id from {{ ref('raw_customers') }}
    union all
    select customer_id from {{ ref('raw_orders') }}
    union all
    select customer_id from {{ ref('raw_events') }}
    union all
    select customer_id from {{ ref('raw_identities') }}
    union all
    select customer_id from {{ ref('raw_consents') }}
    union all
    select customer_id from {{ ref('raw_surveys') }}
    union all
    select customer_id from {{ ref('raw_promotion_sends') }}
    union all
    select customer_id from {{ ref('raw_promotion_assignments') }}

),

hashed_requests as (

    select distinct lower(customer_id_hash) as customer_id_hash
    from requests
    where customer_id_hash is not null

),

erased as (

    select customer_id
    from requests
    where customer_id is not null

    union all

    select known_ids.customer_id
    from known_ids
    inner join hashed_requests
        on {{ sha256_hex('known_ids.customer_id') }} = hashed_requests.customer_id_hash

),

final as (

    select distinct customer_id
    from erased

)

select * from final
