-- One row per delivered message whose journey has ended.
-- Which place does it have in the journey, and did the journey end in a purchase?
with

messages as (
    select * from {{ ref('int_attribution_messages') }}
    where outcome != 'open'
),

-- no journey is longer than the look-back, so that all had the same time to convert
journeys as (

    select
        messages.*,
        outcome = 'converted' as is_converted,
        case
            when outcome = 'converted' then 0
            else 1 + floor({{ safe_divide(
                'days_since_purchase', attribution_lookback()
            ) }})
        end as stretch_number
    from messages

),

final as (

    select
        customer_key,
        cast(order_number as int) as order_number,
        cast(stretch_number as int) as stretch_number,
        is_converted,
        cast(row_number() over (
            partition by customer_key, order_number, stretch_number
            order by sent_at nulls last, send_id nulls last
        ) as int) as touch_number,
        cast(count(*) over (
            partition by customer_key, order_number, stretch_number
        ) as int) as touch_count,
        state_key,
        lead(state_key) over (
            partition by customer_key, order_number, stretch_number
            order by sent_at nulls last, send_id nulls last
        ) as next_state_key,
        cast(
            {{ half_life_weight(
                'sent_at',
                'max(sent_at) over ('
                ~ 'partition by customer_key, order_number, stretch_number)'
            ) }}
            as numeric(18, 12)
        ) as decay_weight
    from journeys

)

select * from final
