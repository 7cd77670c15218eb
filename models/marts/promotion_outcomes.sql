-- One row per segment, promotion, channel (or all) and reason that occurs.
-- How many customers got each promotion, and how many did not for which one reason?
with

-- the log under two names: it is read twice, where one name would be copied first
decisions as (
    select * from {{ ref('customer_promotions') }}
),

customer_decisions as (
    select * from {{ ref('customer_promotions') }}
),

reasons as (
    select * from {{ ref('decision_reasons') }}
),

by_channel as (

    select
        segment,
        promotion_id,
        channel,
        reason,
        count(*) as customer_count
    from decisions
    group by segment, promotion_id, channel, reason

),

-- what is said before channels are looked at is said of a customer on all of them
before_channels as (

    select
        by_channel.segment,
        by_channel.promotion_id,
        by_channel.reason,
        max(by_channel.customer_count) as customer_count
    from by_channel
    inner join reasons on by_channel.reason = reasons.reason
    where reasons.stage in ('policy', 'trigger')
    group by by_channel.segment, by_channel.promotion_id, by_channel.reason

),

-- over all channels, the one on which a customer came furthest speaks
furthest as (

    select
        customer_decisions.segment,
        customer_decisions.promotion_id,
        customer_decisions.customer_id,
        max(reasons.precedence) as precedence
    from customer_decisions
    inner join reasons on customer_decisions.reason = reasons.reason
    where reasons.stage not in ('policy', 'trigger')
    group by
        customer_decisions.segment,
        customer_decisions.promotion_id,
        customer_decisions.customer_id

),

counted as (

    select
        segment,
        promotion_id,
        channel,
        reason,
        customer_count
    from by_channel

    union all

    select
        segment,
        promotion_id,
        'all' as channel,
        reason,
        customer_count
    from before_channels

    union all

    select
        furthest.segment,
        furthest.promotion_id,
        'all' as channel,
        reasons.reason,
        count(*) as customer_count
    from furthest
    inner join reasons on furthest.precedence = reasons.precedence
    group by furthest.segment, furthest.promotion_id, reasons.reason

),

final as (

    select
        counted.segment,
        counted.promotion_id,
        counted.channel,
        counted.reason,
        {{ as_of_date() }} as as_of_date,
        reasons.stage,
        reasons.precedence,
        cast(counted.customer_count as bigint) as customer_count
    from counted
    inner join reasons on counted.reason = reasons.reason

)

select * from final
