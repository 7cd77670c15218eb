{#- Rows of promotions that a build cannot mean. -#}
with

promotions as (
    select * from {{ ref('promotions') }}
),

offer_types as (
    select * from {{ ref('offer_types') }}
),

budgets as (
    select * from {{ ref('budgets') }}
),

channels as (
    select distinct promotion_id from {{ ref('promotion_channels') }}
),

judged as (

    select
        promotions.promotion_id,
        case
            when promotions.promotion_id in ('universal', 'all')
                then 'choose another promotion_id: this one has a meaning of its own'
            when promotions.promotion_name is null then 'give it a promotion_name'
            when offer_types.offer_type is null
                then 'choose an offer_type of seed offer_types'
            when promotions.discount_share <= 0 or promotions.discount_share >= 1
                then 'discount_share is above 0 and below 1: 0.15 for 15 %'
            when promotions.discount_amount <= 0
                then 'discount_amount is above 0, or empty'
            when
                promotions.discount_share is not null
                and promotions.discount_amount is not null
                then 'give discount_share or discount_amount, not both'
            when
                promotions.offer_type = 'percentage_off'
                and promotions.discount_share is null
                then 'percentage_off needs a discount_share'
            when
                promotions.offer_type = 'amount_off'
                and promotions.discount_amount is null
                then 'amount_off needs a discount_amount'
            when
                not offer_types.is_incentive
                and (
                    promotions.discount_share > 0
                    or promotions.discount_amount > 0
                    or promotions.offer_days > 0
                )
                then 'this offer_type gives nothing away: no discount, no offer_days'
            when offer_types.is_incentive and promotions.offer_days is null
                then 'an incentive needs offer_days: how long it can be used'
            when
                promotions.offer_cost_amount is null
                or promotions.offer_cost_amount < 0
                then 'offer_cost_amount is 0 or more'
            when
                promotions.minimum_order_count is null
                or promotions.minimum_order_count < 0
                then 'minimum_order_count is 0 or more'
            when
                promotions.response_rate is null
                or promotions.response_rate < 0
                or promotions.response_rate > 1
                then 'response_rate is a share from 0 to 1'
            when promotions.minimum_margin_share >= 1
                then 'minimum_margin_share is a share below 1, or empty'
            when promotions.budget_id is not null and budgets.budget_id is null
                then 'budget_id is not in seed budgets; leave it empty for no limit'
            when
                promotions.holdout_share is null
                or promotions.holdout_share < 0
                or promotions.holdout_share >= 1
                then 'holdout_share is 0 or more and below 1: 0.10 for 10 %'
            when promotions.offer_days < 1 then 'offer_days is 1 or more, or empty'
            when promotions.repeat_days is null or promotions.repeat_days < 0
                then 'repeat_days is 0 or more'
            when promotions.quiet_days is null or promotions.quiet_days < 0
                then 'quiet_days is 0 or more'
            when
                promotions.when_capped is null
                or promotions.when_capped not in ('skip', 'next_channel', 'next_day')
                then 'when_capped is skip, next_channel or next_day'
            when promotions.priority is null then 'give it a priority'
            when promotions.valid_from > promotions.valid_to
                then 'valid_from is after valid_to'
            when channels.promotion_id is null
                then 'add a row to seed promotion_channels: it has no channel'
        end as remedy
    from promotions
    left join offer_types on promotions.offer_type = offer_types.offer_type
    left join budgets on promotions.budget_id = budgets.budget_id
    left join channels on promotions.promotion_id = channels.promotion_id

),

failures as (

    select *
    from judged
    where remedy is not null

)

select * from failures
