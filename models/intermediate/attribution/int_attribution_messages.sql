-- One row per delivered message to somebody who had bought, until they bought again.
-- Did the next purchase follow within the look-back, or can it still?
{{ config(materialized='view') }}
with

touches as (
    select * from {{ ref('int_promotion_touches') }}
    where coalesce(is_delivered, true)
),

purchases as (
    select * from {{ ref('int_attribution_purchases') }}
),

states as (
    select * from {{ ref('int_attribution_states') }}
),

first_purchases as (
    select * from {{ ref('int_attribution_purchases') }}
    where order_number = 1
),

moments as (

    select
        customer_key,
        ordered_at as happened_at,
        0 as is_touch,
        order_id as moment_id,
        order_number,
        order_date as happened_date,
        cast(null as bigint) as state_key
    from purchases

    union all

    select
        touches.customer_key,
        touches.sent_at as happened_at,
        1 as is_touch,
        touches.send_id as moment_id,
        cast(null as int) as order_number,
        touches.sent_date as happened_date,
        states.state_key
    from touches
    inner join first_purchases
        on
            touches.customer_key = first_purchases.customer_key
            and touches.sent_at > first_purchases.ordered_at
    inner join states
        on
            touches.channel = states.channel
            and touches.promotion_id = states.promotion_id

),

counted as (

    select
        moments.*,
        max(order_number) over (
            partition by customer_key
            order by happened_at nulls last, is_touch nulls last, moment_id nulls last
            rows between unbounded preceding and current row
        ) as last_order_number
    from moments

),

-- at the very instant of a purchase a message is neither before nor after it
placed as (

    select
        counted.customer_key,
        counted.last_order_number + 1 as order_number,
        counted.happened_at as sent_at,
        counted.moment_id as send_id,
        counted.state_key,
        purchases.next_ordered_at,
        {{ dbt.dateadd('day', attribution_lookback(), 'counted.happened_at') }}
            as expires_at,
        {{ dbt.datediff('purchases.order_date', 'counted.happened_date', 'day') }}
            as days_since_purchase
    from counted
    inner join purchases
        on
            counted.customer_key = purchases.customer_key
            and counted.last_order_number = purchases.order_number
    where counted.is_touch = 1 and counted.happened_at > purchases.ordered_at

),

final as (

    select
        send_id,
        customer_key,
        cast(order_number as int) as order_number,
        state_key,
        sent_at,
        cast(days_since_purchase as int) as days_since_purchase,
        case
            when expires_at > next_ordered_at then 'converted'
            when next_ordered_at is not null or expires_at <= {{ as_of_end() }}
                then 'expired'
            else 'open'
        end as outcome
    from placed

)

select * from final
