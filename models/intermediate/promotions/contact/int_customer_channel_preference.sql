-- One row per known customer and enabled channel.
-- Which channel do they answer most, and in which order do the others follow?
with

customers as (
    select * from {{ ref('int_customers') }}
),

channels as (
    select * from {{ ref('channels') }}
    where is_enabled
),

messages as (
    select * from {{ ref('int_customer_channel_messages') }}
),

-- a click proves a message, also where no event tells of its arrival
answered as (

    select
        customer_key,
        channel,
        clicked_count,
        greatest(delivered_count, clicked_count) as message_count
    from messages

),

shop as (

    select
        channel,
        {{ safe_divide('sum(clicked_count)', 'sum(message_count)') }} as shop_click_rate
    from answered
    group by channel

),

-- a customer's own rate, drawn to the shop's the more, the fewer messages they got
rated as (

    select
        customers.customer_key,
        channels.channel,
        channels.channel_order,
        cast(
            coalesce(
                {{ rounded(safe_divide(
                    'answered.clicked_count + '
                    ~ var('channel_prior_contacts') ~ ' * shop.shop_click_rate',
                    'answered.message_count + ' ~ var('channel_prior_contacts')
                ), 18, 6) }},
                {{ rounded('shop.shop_click_rate', 18, 6) }}
            ) as numeric(18, 6)
        ) as click_rate
    from customers
    cross join channels
    left join answered
        on
            customers.customer_key = answered.customer_key
            and channels.channel = answered.channel
    left join shop on channels.channel = shop.channel

),

final as (

    select
        customer_key,
        channel,
        click_rate,
        cast(row_number() over (
            partition by customer_key
            order by
                click_rate desc nulls last,
                channel_order asc nulls last,
                channel asc nulls last
        ) as int) as channel_rank
    from rated

)

select * from final
