-- One row per customer who may be contacted, or was within the window.
-- Who could be reached, which groups are they in, and how valuable were they before?
with

channels as (
    select * from {{ ref('int_customer_channels') }}
    where is_permitted
),

sends as (
    select * from {{ ref('int_fairness_sends') }}
    where basis = 'contacted'
),

attributes as (
    select * from {{ ref('int_fairness_attributes') }}
),

customer_values as (
    select * from {{ ref('int_customer_value') }}
),

earlier_values as (
    select * from {{ ref('int_customer_earlier_value') }}
),

caps as (
    select * from {{ ref('int_customer_contact_caps') }}
),

reachable as (

    select customer_key
    from channels
    {{ union_distinct() }}
    select customer_key
    from sends

),

capped as (

    select distinct customer_key
    from caps
    where is_capped

),

-- all that is known of a customer as one text: people with the same count together
profiles as (

    select
        customer_key,
        {{ dbt.listagg(
            "attribute || '=' || group_name", "'|'", "order by attribute"
        ) }} as profile
    from attributes
    group by customer_key

),

final as (

    select
        reachable.customer_key,
        coalesce(profiles.profile, '') as profile,
        customer_values.value_tier,
        coalesce(earlier_values.value_tier, 'none') as earlier_value_tier,
        capped.customer_key is not null as is_capped
    from reachable
    inner join customer_values
        on reachable.customer_key = customer_values.customer_key
    left join earlier_values
        on reachable.customer_key = earlier_values.customer_key
    left join profiles on reachable.customer_key = profiles.customer_key
    left join capped on reachable.customer_key = capped.customer_key

)

select * from final
