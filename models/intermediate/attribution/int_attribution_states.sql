-- One row per channel and promotion of which a message was delivered.
-- What can have a share in a purchase, and what was spent on it?
with

touches as (
    select * from {{ ref('int_promotion_touches') }}
    where coalesce(is_delivered, true)
),

summed as (

    select
        channel,
        promotion_id,
        count(*) as delivered_count,
        case when count(*) = count(cost_amount) then sum(cost_amount) end as cost_amount
    from touches
    group by channel, promotion_id

),

final as (

    select
        cast(
            row_number() over (
                order by channel nulls last, promotion_id nulls last
            ) as bigint
        ) as state_key,
        channel,
        promotion_id,
        cast(delivered_count as bigint) as delivered_count,
        cast(cost_amount as numeric(38, 4)) as cost_amount
    from summed

)

select * from final
