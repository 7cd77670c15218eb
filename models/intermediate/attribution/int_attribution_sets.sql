-- One row per state and number of different states in a journey.
-- In how many of these journeys was it, and how many led to a purchase, for how much?
with

touches as (
    select * from {{ ref('int_attribution_touches') }}
),

journeys as (
    select * from {{ ref('int_attribution_journeys') }}
),

members as (

    select
        customer_key,
        order_number,
        stretch_number,
        state_key,
        {{ dbt.bool_or('is_converted') }} as is_converted,
        count(*) as touch_count
    from touches
    group by customer_key, order_number, stretch_number, state_key

),

-- null where there was no purchase: a condition on one side is slow in an outer join
sized as (

    select
        members.*,
        case when is_converted then order_number end as converted_order_number,
        count(*) over (
            partition by customer_key, order_number, stretch_number
        ) as state_count
    from members

),

final as (

    select
        sized.state_key,
        cast(sized.state_count as int) as state_count,
        cast(sum(sized.touch_count) as bigint) as touch_count,
        cast(count(*) as bigint) as journey_count,
        cast(count(journeys.customer_key) as bigint) as converted_journey_count,
        cast(
            coalesce(sum(journeys.net_revenue_amount), 0) as numeric(38, 2)
        ) as net_revenue_amount
    from sized
    left join journeys
        on
            sized.customer_key = journeys.customer_key
            and sized.converted_order_number = journeys.order_number
    group by sized.state_key, sized.state_count

)

select * from final
