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

erased_ids as (
    {{ erased_ids(ref('raw_customers'), ['customer_id', 'referred_by', 'account_id']) }}
),

deliveries as (

    select
        customers.customer_id,
        customers.created_at,
        customers.email,
        customers.phone,
        customers.country,
        customers.region,
        customers.city,
        customers.acquisition_channel,
        customers.acquisition_cost,
        customers.industry,
        customers.company_size,
        customers.updated_at,
        customers.loaded_at,
        customers.unparsed_values,
        case when erased_accounts.customer_id is null then customers.account_id end
            as account_id,
        case when erased_referrers.customer_id is null then customers.referred_by end
            as referred_by,
        {{ month_day(plausible_birth_date) }} as birth_month_day,
        {{ plausible_birth_date }}
        > {{ dbt.dateadd('year', -var('minor_age_years'), as_of_date()) }} as is_minor,
        erased_customers.customer_id is not null as is_erased,
        {{ is_after_as_of(
            'customers.created_at', 'customers.updated_at'
        ) }} as is_after_as_of
    from customers
    left join erased_ids as erased_customers
        on customers.customer_id = erased_customers.customer_id
    left join erased_ids as erased_accounts
        on customers.account_id = erased_accounts.customer_id
    left join erased_ids as erased_referrers
        on customers.referred_by = erased_referrers.customer_id

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
        {{ unless_erased('customer_id') }} as customer_id,
        {{ unless_erased('created_at') }} as created_at,
        {{ unless_erased('email') }} as email,
        {{ unless_erased('phone') }} as phone,
        {{ unless_erased('birth_month_day') }} as birth_month_day,
        {{ unless_erased('is_minor') }} as is_minor,
        {{ unless_erased('country') }} as country,
        {{ unless_erased('region') }} as region,
        {{ unless_erased('city') }} as city,
        {{ unless_erased('acquisition_channel') }} as acquisition_channel,
        {{ unless_erased('acquisition_cost') }} as acquisition_cost,
        {{ unless_erased('account_id') }} as account_id,
        {{ unless_erased('industry') }} as industry,
        {{ unless_erased('company_size') }} as company_size,
        {{ unless_erased('referred_by') }} as referred_by,
        {{ unless_erased('updated_at') }} as updated_at,
        {{ unless_erased('loaded_at') }} as loaded_at,
        {{ row_key(key) }} as row_key,
        cast(acquisition_cost as numeric(38, 4)) as row_amount,
        {{ row_payload_hash(payload) }} as payload_hash,
        outcome,
        {{ row_reason() }} as reason
    from outcomes

)

select * from final
