{#- Rows of promotion_channels, promotion_triggers and promotion_conditions that link
    nothing. -#}
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

conditions as (
    select * from {{ ref('promotion_conditions') }}
),

promotion_channels as (
    select * from {{ ref('promotion_channels') }}
),

promotion_triggers as (
    select * from {{ ref('promotion_triggers') }}
),

links as (

    select
        'promotion_channels' as seed,
        promotion_channels.promotion_id,
        promotion_channels.channel as linked,
        case
            when channels.channel is null then 'channel is not in seed channels'
        end as remedy
    from promotion_channels
    left join channels on promotion_channels.channel = channels.channel

    union all

    select
        'promotion_triggers' as seed,
        promotion_triggers.promotion_id,
        promotion_triggers.trigger_name as linked,
        case
            when triggers.trigger_name is null
                then 'trigger_name is not in seed triggers'
        end as remedy
    from promotion_triggers
    left join triggers
        on promotion_triggers.trigger_name = triggers.trigger_name

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

),

failures as (

    select *
    from judged
    where remedy is not null

)

select * from failures
