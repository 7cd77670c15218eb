{#- Rows of promotions that a build cannot mean. -#}
with

promotions as (
    select * from {{ ref('promotions') }}
),

judged as (

    select
        promotion_id,
        case
            when promotion_name is null then 'give it a promotion_name'
            when
                offer_type is null
                or offer_type not in (
                    'education', 'social_proof', 'early_access', 'loyalty_points',
                    'bundle', 'free_shipping', 'gift', 'percentage_off', 'amount_off'
                )
                then 'choose an offer_type that the seed''s description lists'
            when discount_share <= 0 or discount_share >= 1
                then 'discount_share is above 0 and below 1: 0.15 for 15 %'
            when discount_amount <= 0 then 'discount_amount is above 0, or empty'
            when offer_type = 'percentage_off' and discount_share is null
                then 'percentage_off needs a discount_share'
            when offer_type = 'amount_off' and discount_amount is null
                then 'amount_off needs a discount_amount'
            when offer_cost_amount is null or offer_cost_amount < 0
                then 'offer_cost_amount is 0 or more'
            when minimum_order_count is null or minimum_order_count < 0
                then 'minimum_order_count is 0 or more'
            when priority is null then 'give it a priority'
            when valid_from > valid_to then 'valid_from is after valid_to'
        end as remedy
    from promotions

),

failures as (

    select *
    from judged
    where remedy is not null

)

select * from failures
