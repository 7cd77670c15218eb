-- One row per profile, attribute (or pair of attributes) and the group that it is in.
-- To which groups do people with the same attributes belong?
with

attributes as (
    select * from {{ ref('int_fairness_attributes') }}
),

people as (
    select * from {{ ref('int_fairness_people') }}
),

names as (

    select distinct attribute
    from attributes

),

-- one of those who share a profile speaks for all
speakers as (

    select
        profile,
        min(customer_key) as customer_key
    from people
    group by profile

),

-- of whom nothing is known is a group of its own
single as (

    select
        speakers.profile,
        names.attribute,
        coalesce(attributes.group_name, 'unknown') as group_name
    from speakers
    cross join names
    left join attributes
        on
            speakers.customer_key = attributes.customer_key
            and names.attribute = attributes.attribute

),

second as (
    select * from single
),

final as (

    select
        profile,
        attribute,
        group_name,
        false as is_pair,
        group_name = 'unknown' as has_unknown
    from single

    union all

    select
        single.profile,
        single.attribute || '+' || second.attribute as attribute,
        single.group_name || '+' || second.group_name as group_name,
        true as is_pair,
        'unknown' in (single.group_name, second.group_name) as has_unknown
    from single
    inner join second
        on
            single.profile = second.profile
            and single.attribute < second.attribute

)

select * from final
