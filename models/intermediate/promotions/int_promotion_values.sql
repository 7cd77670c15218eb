-- One row per customer and promotion that is due for them.
-- What would the promotion cost with this customer, and what would it bring?
with

candidates as (
    select * from {{ ref('int_promotion_candidates') }}
    where ineligible_reason is null and is_due
),

promotions as (
    select * from {{ ref('promotions') }}
),

offer_types as (
    select * from {{ ref('offer_types') }}
),

prospects as (
    select * from {{ ref('int_customer_order_prospects') }}
),

-- doubles throughout: a share of an amount is not money yet
priced as (

    select
        candidates.customer_key,
        candidates.promotion_id,
        promotions.priority,
        offer_types.is_incentive,
        coalesce(promotions.discount_share, promotions.discount_amount, 0) > 0
            as is_discount,
        cast(prospects.baseline_rate as {{ type_double() }}) as baseline_rate,
        cast(promotions.response_rate as {{ type_double() }}) as response_rate,
        cast(prospects.order_amount as {{ type_double() }}) as order_amount,
        cast(prospects.order_amount as {{ type_double() }})
        * prospects.margin_share as order_margin,
        coalesce(
            cast(promotions.discount_share as {{ type_double() }})
            * prospects.order_amount,
            0
        ) + coalesce(promotions.discount_amount, 0) as discount,
        case
            when promotions.discount_amount is null
                then coalesce(promotions.discount_share, 0)
            else
                {{ safe_divide(
                    'promotions.discount_amount', 'prospects.order_amount'
                ) }}
        end as discount_depth,
        cast(coalesce(promotions.offer_cost_amount, 0) as {{ type_double() }})
            as offer_cost
    from candidates
    inner join promotions on candidates.promotion_id = promotions.promotion_id
    inner join offer_types on promotions.offer_type = offer_types.offer_type
    inner join prospects on candidates.customer_key = prospects.customer_key

),

valued as (

    select
        *,
        {{ expected_uses('baseline_rate', 'response_rate') }} as use_rate,
        {{ incremental_margin(
            'baseline_rate', 'response_rate', 'order_margin', '(discount + offer_cost)'
        ) }} as incremental_margin
    from priced

),

final as (

    select
        customer_key,
        promotion_id,
        priority,
        is_incentive,
        is_discount,
        is_discount and baseline_rate >= {{ var('buys_anyway_rate') }}
            as is_needless_discount,
        {{ rounded('least(1, discount_depth)', 18, 4) }} as discount_depth,
        {{ rounded('discount', 18, 2) }} as offer_discount_amount,
        -- an order that the offer gives away for nothing keeps no margin
        cast(
            case
                when order_margin is null then null
                when order_amount <= discount then -100
                else
                    greatest(-100, {{ rounded(safe_divide(
                        'order_margin - discount - offer_cost',
                        'order_amount - discount'
                    ), 18, 4) }})
            end as numeric(18, 4)
        ) as margin_share_after_offer,
        {{ rounded('use_rate * (discount + offer_cost)', 18, 4) }}
            as expected_offer_cost_amount,
        {{ rounded('incremental_margin', 18, 4) }}
            as expected_incremental_margin_amount
    from valued

)

select * from final
