{#- Rows of budgets, discount_caps, holdouts and arm_names to correct. -#}
with

tiers as (
    select * from {{ ref('value_tiers') }}
),

holdouts as (
    select * from {{ ref('holdouts') }}
),

other_holdouts as (
    select * from {{ ref('holdouts') }}
),

overlapping as (

    select
        holdouts.holdout_id,
        min(other_holdouts.holdout_id) as other_holdout_id
    from holdouts
    inner join other_holdouts
        on
            holdouts.holdout_id < other_holdouts.holdout_id
            and coalesce(holdouts.valid_from <= other_holdouts.valid_to, true)
            and coalesce(holdouts.valid_to >= other_holdouts.valid_from, true)
    group by holdouts.holdout_id

),

failures as (

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
            discount_caps.maximum_discount_share >= 0
            and discount_caps.maximum_discount_share <= 1
            and discount_caps.maximum_discount_amount_365d >= 0,
            false
        )

    union all

    select
        'holdouts' as seed,
        holdouts.holdout_id as seed_row,
        coalesce(
            'its period overlaps that of ' || overlapping.other_holdout_id,
            'holdout_share is 0 or more and below 1, holdout_salt is not empty'
        ) as remedy
    from holdouts
    left join overlapping on holdouts.holdout_id = overlapping.holdout_id
    where
        overlapping.holdout_id is not null
        or holdouts.holdout_salt is null
        or not coalesce(
            holdouts.holdout_share >= 0 and holdouts.holdout_share < 1, false
        )

    union all

    select
        'arm_names' as seed,
        raw_arm as seed_row,
        'arm is control or treatment' as remedy
    from {{ ref('arm_names') }}
    where arm is null or arm not in ('control', 'treatment')

)

select * from failures
