-- One row per known customer with an address.
-- How do tools and advertising platforms write it, and which hash stands for it?
{# contact data is not stored twice: a view #}
{{ config(materialized='view') }}
with

customers as (
    select * from {{ ref('int_customers') }}
),

contact_data as (
    select * from {{ ref('stg_customers') }}
),

calling_codes as (
    select * from {{ ref('calling_codes') }}
),

read_once as (

    select
        customers.customer_key,
        {{ email_address('contact_data.email') }} as email,
        {{ phone_text('contact_data.phone') }} as phone_text,
        calling_codes.calling_code,
        calling_codes.trunk_prefix,
        calling_codes.minimum_digits,
        calling_codes.maximum_digits
    from customers
    inner join contact_data on customers.customer_id = contact_data.customer_id
    left join calling_codes on upper(customers.country) = calling_codes.country
    where contact_data.email is not null or contact_data.phone is not null

),

written as (

    select
        customer_key,
        email,
        {{ email_for_google('email') }} as email_for_google,
        {{ email_for_meta('email') }} as email_for_meta,
        {{ phone_digits(
            'phone_text', 'calling_code', 'trunk_prefix',
            'minimum_digits', 'maximum_digits'
        ) }} as phone_digits
    from read_once

),

final as (

    select
        customer_key,
        email,
        phone_digits,
        {{ hashed_identifier('email_for_google') }} as email_sha256_for_google,
        {{ hashed_identifier('email_for_meta') }} as email_sha256_for_meta,
        {{ hashed_identifier("'+' || phone_digits") }} as phone_sha256_for_google,
        {{ hashed_identifier('phone_digits') }} as phone_sha256_for_meta
    from written
    where email is not null or phone_digits is not null

)

select * from final
