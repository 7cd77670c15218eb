-- One row per delivered row of customers.
-- What became of it, and why.
{% set key = ['customer_id'] %}
{% set payload = [
    'customer_id', 'created_at', 'email', 'phone', 'country', 'region', 'city',
    'acquisition_channel', 'acquisition_cost', 'account_id', 'industry',
    'company_size', 'referred_by', 'updated_at', 'birth_month_day', 'is_minor',
    'unparsed_values'
] %}
{# a birth date that nobody alive can have is unknown #}
{% set plausible_birth_date -%}
    case
            when
                customers.birth_date between cast('1900-01-01' as date)
                and {{ as_of_date() }}
                then customers.birth_date
        end
{%- endset %}
with

customers as (
    select * from {{ ref('raw_customers') }}
),

erased_customers as (
    select * from {{ ref('stg_erased_customers') }}
),

deliveries as (

    select
        customers.*,
        {{ month_day(plausible_birth_date) }} as birth_month_day,
        {{ plausible_birth_date }}
        > {{ dbt.dateadd('year', -var('minor_age_years'), as_of_date()) }} as is_minor,
        erased_customers.customer_id is not null as is_erased,
        {{ is_after_as_of(
            'customers.created_at', 'customers.updated_at'
        ) }} as is_after_as_of
    from customers
    left join erased_customers
        on customers.customer_id = erased_customers.customer_id

),

numbered as (
    {{ number_versions('deliveries', key, payload) }}
),

judged as (

    select
        numbered.*,
        case
            when customer_id is null then 'missing_key'
            when created_at is null then 'unparsable_timestamp'
            when {{ is_impossible('created_at') }} then 'impossible_timestamp'
            when {{ is_after_load('created_at') }} then 'after_load_time'
            when {{ is_unparsed(['acquisition_cost']) }} then 'invalid_amount'
            when acquisition_cost < 0 then 'negative_amount'
        end as refusal
    from numbered

),

outcomes as (
    select judged.*, {{ row_outcome() }} as outcome from judged
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
        loaded_at,
        {{ row_key(key) }} as row_key,
        cast(acquisition_cost as numeric(38, 4)) as row_amount,
        {{ row_payload_hash(payload) }} as payload_hash,
        outcome,
        {{ row_reason() }} as reason
    from outcomes

)

select * from final
