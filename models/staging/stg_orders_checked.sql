-- One row per delivered row of orders.
-- What became of it, and why.
{% set key = ['order_id'] %}
{% set payload = [
    'order_id', 'customer_id', 'ordered_at', 'gross_amount', 'currency', 'status',
    'discount_amount', 'shipping_amount', 'tax_amount', 'promotion_id', 'channel',
    'updated_at', 'unparsed_values'
] %}
{% set optional_amounts = ['discount_amount', 'shipping_amount', 'tax_amount'] %}
{% set most = var('maximum_order_amount') %}
with

orders as (
    select * from {{ ref('raw_orders') }}
),

erased_customers as (
    {{ erased_ids(ref('raw_orders')) }}
),

order_statuses as (
    select * from {{ ref('order_statuses') }}
),

currency_rates as (
    select * from {{ ref('stg_currency_rates') }}
),

deliveries as (

    select
        orders.*,
        {{ business_date('orders.ordered_at') }} as order_date,
        erased_customers.customer_id is not null as is_erased,
        {{ is_after_as_of('orders.ordered_at', 'orders.updated_at') }} as is_after_as_of
    from orders
    left join erased_customers
        on orders.customer_id = erased_customers.customer_id

),

numbered as (
    {{ number_versions('deliveries', key, payload) }}
),

priced as (

    select
        numbered.*,
        order_statuses.status as known_status,
        case
            when {{ is_foreign('numbered.currency') }} then currency_rates.rate
            else 1
        end as exchange_rate
    from numbered
    left join order_statuses
        on {{ slug('numbered.status') }} = order_statuses.raw_status
    left join currency_rates
        on
            upper(numbered.currency) = currency_rates.currency
            and numbered.order_date = currency_rates.rate_date

),

judged as (

    select
        priced.*,
        case
            when order_id is null then 'missing_key'
            when customer_id is null then 'missing_customer'
            when ordered_at is null then 'unparsable_timestamp'
            when {{ is_impossible('ordered_at') }} then 'impossible_timestamp'
            when {{ is_after_load('ordered_at') }} then 'after_load_time'
            when gross_amount is null or {{ is_unparsed(optional_amounts) }}
                then 'invalid_amount'
            when least(gross_amount, discount_amount, shipping_amount, tax_amount) < 0
                then 'negative_amount'
            when {{ exact_product('gross_amount', 'exchange_rate') }} >= {{ most }}
                then 'amount_out_of_range'
            when discount_amount > gross_amount then 'discount_above_gross'
            when exchange_rate is null then 'unknown_currency'
            when status is not null and known_status is null then 'unknown_status'
        end as refusal
    from priced

),

outcomes as (
    select judged.*, {{ row_outcome() }} as outcome from judged
),

final as (

    select
        {{ unless_erased('order_id') }} as order_id,
        {{ unless_erased('customer_id') }} as customer_id,
        {{ unless_erased('ordered_at') }} as ordered_at,
        {{ unless_erased('order_date') }} as order_date,
        {{ unless_erased("coalesce(known_status, 'completed')") }} as status,
        {{ unless_erased('channel') }} as channel,
        {{ unless_erased('promotion_id') }} as promotion_id,
        {{ unless_erased(currency_code('currency')) }} as currency,
        {{ unless_erased('cast(exchange_rate as numeric(18, 8))') }} as exchange_rate,
        {{ unless_erased('gross_amount') }} as gross_amount,
        {{ unless_erased('discount_amount') }} as discount_amount,
        {{ unless_erased('shipping_amount') }} as shipping_amount,
        {{ unless_erased('tax_amount') }} as tax_amount,
        {{ unless_erased('updated_at') }} as updated_at,
        {{ unless_erased('loaded_at') }} as loaded_at,
        {{ row_key(key) }} as row_key,
        cast(gross_amount as numeric(38, 4)) as row_amount,
        {{ row_payload_hash(payload) }} as payload_hash,
        outcome,
        {{ row_reason() }} as reason
    from outcomes

)

select * from final
