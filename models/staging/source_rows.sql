-- One row per delivered row of any table.
-- Where did every row go?
with

rows_of_all_tables as (

    select
        'orders' as source,
        row_key, row_amount, payload_hash, outcome, reason
    from {{ ref('stg_orders_checked') }}

    union all

    select
        'order_items' as source,
        row_key, row_amount, payload_hash, outcome, reason
    from {{ ref('stg_order_items_checked') }}

    union all

    select
        'products' as source,
        row_key, row_amount, payload_hash, outcome, reason
    from {{ ref('stg_products_checked') }}

    union all

    select
        'refunds' as source,
        row_key, row_amount, payload_hash, outcome, reason
    from {{ ref('stg_refunds_checked') }}

    union all

    select
        'customers' as source,
        row_key, row_amount, payload_hash, outcome, reason
    from {{ ref('stg_customers_checked') }}

    union all

    select
        'exchange_rates' as source,
        row_key, row_amount, payload_hash, outcome, reason
    from {{ ref('stg_exchange_rates_checked') }}

    union all

    select
        'events' as source,
        row_key, row_amount, payload_hash, outcome, reason
    from {{ ref('stg_events_checked') }}

    union all

    select
        'identities' as source,
        row_key, row_amount, payload_hash, outcome, reason
    from {{ ref('stg_identities_checked') }}

    union all

    select
        'consents' as source,
        row_key, row_amount, payload_hash, outcome, reason
    from {{ ref('stg_consents_checked') }}

    union all

    select
        'surveys' as source,
        row_key, row_amount, payload_hash, outcome, reason
    from {{ ref('stg_surveys_checked') }}

    union all

    select
        'promotion_sends' as source,
        row_key, row_amount, payload_hash, outcome, reason
    from {{ ref('stg_promotion_sends_checked') }}

    union all

    select
        'promotion_assignments' as source,
        row_key, row_amount, payload_hash, outcome, reason
    from {{ ref('stg_promotion_assignments_checked') }}

    union all

    select
        'erasure_requests' as source,
        row_key, row_amount, payload_hash, outcome, reason
    from {{ ref('stg_erasure_requests_checked') }}

    union all

    select
        'customer_attributes' as source,
        row_key, row_amount, payload_hash, outcome, reason
    from {{ ref('stg_customer_attributes_checked') }}

),

final as (

    select
        source,
        row_key,
        row_amount,
        payload_hash,
        outcome,
        reason
    from rows_of_all_tables

)

select * from final
