-- One row per promotion and span of outcome days in which nobody at all got it.
-- On which days were arms drawn while the promotion did not run?
with

dates as (
    select * from {{ ref('int_experiment_dates') }}
    where draw != 'delivered'
),

touches as (
    select * from {{ ref('int_promotion_touches') }}
),

contacted_days as (

    select distinct
        promotion_id,
        sent_date
    from touches

),

contacted_promotions as (

    select distinct promotion_id
    from contacted_days

),

spans as (

    select distinct
        promotion_id,
        starts_at,
        outcome_ends_at
    from dates

),

-- where no message is ever delivered, nothing can be told from their absence
final as (

    select
        spans.promotion_id,
        spans.starts_at,
        spans.outcome_ends_at
    from spans
    inner join contacted_promotions
        on spans.promotion_id = contacted_promotions.promotion_id
    left join contacted_days
        on
            spans.promotion_id = contacted_days.promotion_id
            and contacted_days.sent_date >= cast(spans.starts_at as date)
            and contacted_days.sent_date <= cast(spans.outcome_ends_at as date)
    group by spans.promotion_id, spans.starts_at, spans.outcome_ends_at
    having count(contacted_days.sent_date) = 0

)

select * from final
