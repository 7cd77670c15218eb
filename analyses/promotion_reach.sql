-- One row per promotion.
-- Whom does it reach, what have they spent, and for how many do others compete?
with

candidates as (
    select * from {{ ref('int_promotion_candidates') }}
    where ineligible_reason is null
),

purchases as (
    select * from {{ ref('int_customer_purchases') }}
),

wanted as (

    select
        customer_key,
        count(distinct promotion_id) as promotion_count
    from candidates
    group by 1

),

final as (

    select
        candidates.promotion_id,
        count(*) as eligible_customer_count,
        count(
            case when wanted.promotion_count > 1 then 1 end
        ) as contested_customer_count,
        coalesce(sum(purchases.net_revenue_amount), 0) as past_net_revenue_amount
    from candidates
    inner join wanted on candidates.customer_key = wanted.customer_key
    left join purchases on candidates.customer_key = purchases.customer_key
    group by 1

)

select * from final
