-- One row per audience of the policy.
-- Which groups by trait are large enough to be addressed, and how large are they?
with

names as (
    select * from {{ ref('audience_names') }}
),

matches as (
    select * from {{ ref('int_audience_matches') }}
),

sizes as (

    select
        audience_name,
        count(*) as customer_count
    from matches
    group by audience_name

),

sized as (

    select
        names.audience_name,
        names.meaning,
        names.minimum_customer_count,
        sizes.customer_count,
        coalesce(sizes.customer_count >= names.minimum_customer_count, false)
            as is_active
    from names
    left join sizes on names.audience_name = sizes.audience_name

),

-- a small number of people is theirs, not a reader's
final as (

    select
        audience_name,
        {{ as_of_date() }} as as_of_date,
        meaning,
        cast(case when is_active then customer_count end as bigint) as customer_count,
        minimum_customer_count,
        is_active,
        case
            when is_active then 'as many customers as its minimum asks for, or more'
            when customer_count is null then 'nobody has the traits that it asks for'
            else 'fewer customers than its minimum asks for'
        end as status_reason
    from sized

)

select * from final
