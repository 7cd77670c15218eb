{#- Rows of triggers and order_milestones that no model can follow. -#}
with

triggers as (
    select * from {{ ref('triggers') }}
),

milestones as (
    select * from {{ ref('order_milestones') }}
),

judged as (

    select
        'triggers' as seed,
        trigger_name as seed_row,
        case
            when
                trigger_name not in (
                    'replenishment', 'cart_abandoned', 'browse_abandoned',
                    'second_order', 'birthday', 'anniversary', 'milestone', 'win_back',
                    'retention_ending', 'post_purchase_survey', 'price_drop',
                    'back_in_stock', 'referral_ask'
                )
                then 'no model knows this trigger_name: edit or switch off, add none'
            when is_enabled is null then 'is_enabled is true or false'
            when offset_days is null or abs(offset_days) > 365
                then 'offset_days is from -365 to 365'
            when trigger_name = 'second_order' and active_days is not null
                then 'active_days stays empty: the shop''s second orders end the window'
            when
                trigger_name != 'second_order'
                and (active_days is null or active_days < 1 or active_days > 365)
                then 'active_days is from 1 to 365'
            when
                trigger_name in ('birthday', 'anniversary')
                and abs(offset_days) + active_days + {{ var('trigger_horizon_days') }}
                > 365
                then
                    'offset_days without its sign, active_days and var '
                    || 'trigger_horizon_days are 365 together or less: the day returns '
                    || 'every year'
            when
                trigger_name in ('browse_abandoned', 'price_drop', 'back_in_stock')
                and coalesce(lookback_days, 0) < 1
                then 'lookback_days is 1 or more'
            when
                trigger_name = 'second_order'
                and (threshold is null or threshold <= 0 or threshold > 1)
                then 'threshold is above 0 and at most 1: 0.5 for the middle half'
            when
                trigger_name = 'price_drop'
                and (threshold is null or threshold <= 0 or threshold >= 1)
                then 'threshold is above 0 and below 1: 0.1 for 10 % less'
            when
                trigger_name in ('win_back', 'retention_ending')
                and coalesce(threshold, 0) <= 0
                then 'threshold is above 0: 2 for twice the expected gap'
            when
                trigger_name in (
                    'replenishment', 'cart_abandoned', 'browse_abandoned',
                    'second_order', 'anniversary'
                )
                and coalesce(minimum_count, 0) < 1
                then 'minimum_count is 1 or more'
            when meaning is null then 'give it a meaning'
        end as remedy
    from triggers

    union all

    select
        'order_milestones' as seed,
        cast(order_count as {{ dbt.type_string() }}) as seed_row,
        case
            when coalesce(order_count, 0) < 1 then 'order_count is 1 or more'
            when meaning is null then 'give it a meaning'
        end as remedy
    from milestones

),

failures as (

    select *
    from judged
    where remedy is not null

)

select * from failures
