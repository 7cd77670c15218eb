-- One row per customer and active audience that they belong to.
-- As part of which groups may they be addressed?
with

matches as (
    select * from {{ ref('int_audience_matches') }}
),

names as (
    select * from {{ ref('audience_names') }}
),

sizes as (

    select
        audience_name,
        count(*) as customer_count
    from matches
    group by audience_name

),

large_enough as (

    select sizes.audience_name
    from sizes
    inner join names on sizes.audience_name = names.audience_name
    where sizes.customer_count >= names.minimum_customer_count

),

final as (

    select
        matches.customer_key,
        matches.audience_name
    from matches
    inner join large_enough on matches.audience_name = large_enough.audience_name

)

select * from final
