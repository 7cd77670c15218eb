-- One row per customer, promotion that is due for them, and channel.
-- May the customer be contacted there, and which channel is the preferred one?
with

candidates as (
    select * from {{ ref('int_promotion_candidates') }}
    where ineligible_reason is null and is_due
),

promotion_channels as (
    select * from {{ ref('promotion_channels') }}
),

channels as (
    select * from {{ ref('int_customer_channels') }}
),

joined as (

    select
        candidates.customer_key,
        candidates.promotion_id,
        promotion_channels.channel,
        coalesce(channels.is_permitted, false) as is_permitted,
        case
            when channels.channel is null then 'channel_disabled'
            else channels.permission_reason
        end as permission_reason,
        channels.channel_rank
    from candidates
    inner join promotion_channels
        on candidates.promotion_id = promotion_channels.promotion_id
    left join channels
        on
            candidates.customer_key = channels.customer_key
            and promotion_channels.channel = channels.channel

),

final as (

    select
        customer_key,
        promotion_id,
        channel,
        is_permitted,
        permission_reason,
        case
            when is_permitted
                then
                    cast(row_number() over (
                        partition by customer_key, promotion_id
                        order by
                            is_permitted desc nulls last,
                            channel_rank asc nulls last,
                            channel asc nulls last
                    ) as int)
        end as option_rank
    from joined

)

select * from final
