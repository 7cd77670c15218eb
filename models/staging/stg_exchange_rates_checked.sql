-- One row per delivered row of exchange_rates.
-- What became of it, and why.
{% set key = ['currency', 'rate_date'] %}
{% set payload = [
    'currency', 'rate_date', 'rate', 'updated_at', 'unparsed_values'
] %}
with

exchange_rates as (
    select * from {{ ref('raw_exchange_rates') }}
),

deliveries as (

    select
        exchange_rates.*,
        false as is_erased,
        {{ is_after_as_of(
            'exchange_rates.rate_date', 'exchange_rates.updated_at'
        ) }} as is_after_as_of
    from exchange_rates

),

numbered as (
    {{ number_versions('deliveries', key, payload) }}
),

judged as (

    select
        numbered.*,
        case
            when currency is null then 'missing_key'
            when rate_date is null then 'unparsable_timestamp'
            when {{ is_impossible('rate_date') }} then 'impossible_timestamp'
            when rate is null then 'invalid_amount'
            when rate <= 0 then 'negative_amount'
            when rate >= {{ var('maximum_exchange_rate') }}
                then 'amount_out_of_range'
        end as refusal
    from numbered

),

outcomes as (
    select judged.*, {{ row_outcome() }} as outcome from judged
),

final as (

    select
        currency,
        rate_date,
        rate,
        updated_at,
        loaded_at,
        {{ row_key(key) }} as row_key,
        cast(null as numeric(38, 4)) as row_amount,
        {{ row_payload_hash(payload) }} as payload_hash,
        outcome,
        {{ row_reason() }} as reason
    from outcomes

)

select * from final
