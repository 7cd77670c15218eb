{#- Rows of promotion_channels, promotion_triggers and promotion_conditions that link nothing, and rows of budgets,
    discount_caps, holdouts and arm_names to correct. -#}
with

promotions as (
    select * from {{ ref('promotions') }}
),

channels as (
    select * from {{ ref('channels') }}
),

triggers as (
    select * from {{ ref('triggers') }}
),

audiences as (
    select * from {{ ref('audience_names') }}
),

tiers as (
    select * from {{ ref('value_tiers') }}
),

holdouts as (
    select * from {{ ref('holdouts') }}
),

conditions as (
    select * from {{ ref('promotion_conditions') }}
),

links as (

    select
        'promotion_channels' as seed,
        links.promotion_id,
        links.channel as linked,
        case
            when channels.channel is null then 'channel is not in seed channels'
        end as remedy
    from {{ ref('promotion_channels') }} as links
    left join channels on links.channel = channels.channel

    union all

    select
        'promotion_triggers' as seed,
        links.promotion_id,
        links.trigger_name as linked,
        case
            when triggers.trigger_name is null
                then 'trigger_name is not in seed triggers'
        end as remedy
    from {{ ref('promotion_triggers') }} as links
    left join triggers on links.trigger_name = triggers.trigger_name

    union all

    select
        'promotion_conditions' as seed,
        conditions.promotion_id,
        conditions.condition || ' ' || coalesce(conditions.value, '') as linked,
        case
            when conditions.condition not in ('country', 'category', 'audience')
                then 'condition is country, category or audience'
            when conditions.value is null then 'give a value'
            when conditions.is_excluded is null
                then 'is_excluded is true or false'
            when
                conditions.condition = 'audience'
                and audiences.audience_name is null
                then 'the audience is not in seed audience_names'
        end as remedy
    from conditions
    left join audiences on lower(conditions.value) = lower(audiences.audience_name)

),

judged as (

    select
        links.seed,
        links.promotion_id || ': ' || links.linked as seed_row,
        coalesce(
            case
                when promotions.promotion_id is null
                    then 'promotion_id is not in seed promotions'
            end,
            links.remedy
        ) as remedy
    from links
    left join promotions on links.promotion_id = promotions.promotion_id

    union all

    select
        'budgets' as seed,
        budget_id as seed_row,
        'budget_amount is 0 or more, period_days is 1 or more' as remedy
    from {{ ref('budgets') }}
    where not coalesce(budget_amount >= 0 and period_days >= 1, false)

    union all

    select
        'discount_caps' as seed,
        discount_caps.value_tier as seed_row,
        'value_tier is in seed value_tiers, none or any; the share is from 0 to 1, '
        || 'the amount 0 or more' as remedy
    from {{ ref('discount_caps') }}
    left join tiers on discount_caps.value_tier = tiers.value_tier
    where
        (tiers.value_tier is null and discount_caps.value_tier not in ('none', 'any'))
        or not coalesce(
            discount_caps.maximum_discount_share between 0 and 1
            and discount_caps.maximum_discount_amount_365d >= 0,
            false
        )

    union all

    select
        'holdouts' as seed,
        one.holdout_id as seed_row,
        case
            when other.holdout_id is not null
                then 'its period overlaps that of ' || other.holdout_id
            else 'holdout_share is 0 or more and below 1, holdout_salt is not empty'
        end as remedy
    from holdouts as one
    left join holdouts as other
        on
            one.holdout_id < other.holdout_id
            and coalesce(one.valid_from <= other.valid_to, true)
            and coalesce(other.valid_from <= one.valid_to, true)
    where
        other.holdout_id is not null
        or one.holdout_salt is null
        or not coalesce(one.holdout_share >= 0 and one.holdout_share < 1, false)

    union all

    select
        'arm_names' as seed,
        raw_arm as seed_row,
        'arm is control or treatment' as remedy
    from {{ ref('arm_names') }}
    where arm is null or arm not in ('control', 'treatment')

),

failures as (

    select *
    from judged
    where remedy is not null

)

select * from failures
