{#- An active audience has the members it counts, at least its minimum; others none. -#}
with

audiences as (
    select * from {{ ref('audiences') }}
),

members as (

    select
        audience_name,
        count(*) as member_count
    from {{ ref('int_customer_audiences') }}
    group by audience_name

),

failures as (

    select
        coalesce(audiences.audience_name, members.audience_name) as audience_name,
        audiences.is_active,
        audiences.customer_count,
        audiences.minimum_customer_count,
        members.member_count
    from audiences
    full outer join members on audiences.audience_name = members.audience_name
    where
        audiences.audience_name is null
        or (
            audiences.is_active
            and not coalesce(
                members.member_count = audiences.customer_count
                and members.member_count >= audiences.minimum_customer_count,
                false
            )
        )
        or (
            not audiences.is_active
            and (
                members.member_count is not null
                or audiences.customer_count is not null
            )
        )

)

select * from failures
