-- One row per known customer.
-- In which time zone do they live, and at which hour of their day are they active?
with

zones as (
    select * from {{ ref('int_customer_time_zones') }}
),

hours as (
    select * from {{ ref('int_customer_active_hours') }}
),

shop_hours as (

    select
        local_hour,
        sum(activity_count) as activity_count
    from hours
    group by local_hour

),

shop_total as (
    select sum(activity_count) as activity_count from shop_hours
),

-- what the shop's share of each hour is worth beside a customer's own activity
shop_weights as (

    select
        shop_hours.local_hour,
        {{ safe_divide(
            var('hour_prior_events') ~ ' * shop_hours.activity_count',
            'shop_total.activity_count'
        ) }} as weight,
        row_number() over (
            order by
                shop_hours.activity_count desc nulls last,
                shop_hours.local_hour asc nulls last
        ) as hour_rank
    from shop_hours
    cross join shop_total

),

-- an hour of which the customer knows nothing wins only as the shop's first
candidates as (

    select
        hours.customer_key,
        hours.local_hour,
        hours.activity_count,
        {{ rounded('hours.activity_count + shop_weights.weight', 38, 6) }} as score
    from hours
    inner join shop_weights on hours.local_hour = shop_weights.local_hour

    union all

    select
        zones.customer_key,
        shop_weights.local_hour,
        0 as activity_count,
        {{ rounded('shop_weights.weight', 38, 6) }} as score
    from zones
    inner join shop_weights on shop_weights.hour_rank = 1

),

ranked as (

    select
        customer_key,
        local_hour,
        activity_count,
        row_number() over (
            partition by customer_key
            order by
                score desc nulls last,
                local_hour asc nulls last,
                activity_count desc nulls last
        ) as candidate_rank
    from candidates

),

final as (

    select
        zones.customer_key,
        zones.time_zone,
        cast(coalesce(ranked.local_hour, {{ var('default_send_hour') }}) as int)
            as preferred_hour,
        case
            when ranked.activity_count > 0 then 'own'
            when ranked.activity_count = 0 then 'shop'
            else 'default'
        end as hour_source
    from zones
    left join ranked
        on
            zones.customer_key = ranked.customer_key
            and ranked.candidate_rank = 1

)

select * from final
