-- One row per customer and promotion that was ever sent to them.
-- When did they last get it, and is its offer still open?
with

touches as (
    select * from {{ ref('int_promotion_touches') }}
),

promotions as (
    select * from {{ ref('promotions') }}
),

offer_types as (
    select * from {{ ref('offer_types') }}
),

redeemed as (

    select
        customer_key,
        promotion_id,
        max(ordered_at) as last_redeemed_at
    from {{ ref('int_orders_net') }}
    where is_purchase and promotion_id is not null
    group by customer_key, promotion_id

),

sent as (

    select
        customer_key,
        promotion_id,
        max(sent_at) as last_sent_at,
        max(sent_date) as last_sent_date
    from touches
    group by customer_key, promotion_id

),

-- an offer closes when its days are over or the customer has used it
final as (

    select
        sent.customer_key,
        sent.promotion_id,
        sent.last_sent_date,
        coalesce(
            offer_types.is_incentive
            and {{ dbt.datediff('sent.last_sent_date', send_date(), 'day') }}
            < promotions.offer_days
            and (
                redeemed.last_redeemed_at is null
                or redeemed.last_redeemed_at < sent.last_sent_at
            ),
            false
        ) as is_open
    from sent
    left join promotions on sent.promotion_id = promotions.promotion_id
    left join offer_types on promotions.offer_type = offer_types.offer_type
    left join redeemed
        on
            sent.customer_key = redeemed.customer_key
            and sent.promotion_id = redeemed.promotion_id

)

select * from final
