-- One row per customer, trait and value, for the traits that audiences are made of.
-- What do they say about themselves, and what is known of them?
with

customers as (
    select * from {{ ref('int_customers') }}
),

affinity as (
    select * from {{ ref('int_customer_affinity') }}
),

surveys as (
    select * from {{ ref('stg_surveys') }}
),

rules as (
    select * from {{ ref('audience_rules') }}
),

protected_attributes as (
    select * from {{ ref('protected_attributes') }}
),

-- whatever a rule says, a protected attribute makes no audience
named_traits as (

    select distinct rules.trait
    from rules
    left join protected_attributes
        on
            {{ names_protected_attribute(
                'rules.trait', 'protected_attributes.attribute'
            ) }}
    where protected_attributes.attribute is null

),

answers as (

    select
        surveys.customer_id,
        named_traits.trait,
        surveys.responded_at,
        surveys.answer,
        surveys.score
    from surveys
    inner join named_traits on {{ slug('surveys.question') }} = named_traits.trait

),

latest as (

    select
        customer_id,
        trait,
        max(responded_at) as responded_at
    from answers
    group by customer_id, trait

),

-- a question with several answers may come as several rows of one time
latest_answers as (

    select
        customers.customer_key,
        answers.trait,
        answers.answer
    from answers
    inner join latest
        on
            answers.customer_id = latest.customer_id
            and answers.trait = latest.trait
            and answers.responded_at = latest.responded_at
    inner join customers on answers.customer_id = customers.customer_id
    where answers.score is null

),

known as (

    select customer_key, trait, answer as value from latest_answers
    union all
    select customer_key, 'country' as trait, country as value from customers
    union all
    select customer_key, 'region' as trait, region as value from customers
    union all
    select customer_key, 'city' as trait, city as value from customers
    union all
    select customer_key, 'industry' as trait, industry as value from customers
    union all
    select customer_key, 'company_size' as trait, company_size as value from customers
    union all
    select customer_key, 'acquisition_channel' as trait, acquisition_channel as value
    from customers
    union all
    select customer_key, 'favourite_category' as trait, favourite_category as value
    from affinity

),

final as (

    select distinct
        known.customer_key,
        known.trait,
        {{ trait_value('known.value') }} as value
    from known
    inner join named_traits on known.trait = named_traits.trait
    where known.value is not null

)

select * from final
