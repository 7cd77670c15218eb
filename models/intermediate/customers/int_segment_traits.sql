-- One row per segment that has customers.
-- Which category, channel and country do most of them share?
with

segments as (
    select * from {{ ref('int_customer_segment') }}
),

customers as (
    select * from {{ ref('int_customers') }}
),

affinity as (
    select * from {{ ref('int_customer_affinity') }}
),

traits as (

    select
        segments.segment,
        'category' as trait,
        affinity.favourite_category as trait_value
    from segments
    inner join affinity on segments.customer_key = affinity.customer_key

    union all

    select
        segments.segment,
        'channel' as trait,
        affinity.main_order_channel as trait_value
    from segments
    inner join affinity on segments.customer_key = affinity.customer_key

    union all

    select
        segments.segment,
        'country' as trait,
        customers.country as trait_value
    from segments
    inner join customers on segments.customer_key = customers.customer_key

),

counted as (

    select
        segment,
        trait,
        trait_value,
        count(*) as customer_count
    from traits
    group by segment, trait, trait_value

),

-- unknown is no trait, and the name breaks a tie
ranked as (

    select
        segment,
        trait,
        trait_value,
        row_number() over (
            partition by segment, trait
            order by
                case when trait_value is null then 1 else 0 end asc nulls last,
                customer_count desc nulls last,
                trait_value asc nulls last
        ) as trait_rank
    from counted

),

final as (

    select
        segment,
        max(case when trait = 'category' then trait_value end) as top_category,
        max(case when trait = 'channel' then trait_value end) as top_channel,
        max(case when trait = 'country' then trait_value end) as top_country
    from ranked
    where trait_rank = 1
    group by segment

)

select * from final
