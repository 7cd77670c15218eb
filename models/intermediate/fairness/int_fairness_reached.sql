-- One row per promotion (or all), comparison with everybody, profile and stratum.
-- Of all who may be contacted, whom did a promotion reach?
with

people as (
    select * from {{ ref('int_fairness_people') }}
),

targets as (
    select * from {{ ref('int_promotion_candidates') }}
    where ineligible_reason is null
),

selection as (
    select * from {{ ref('int_fairness_selection') }}
    where is_selected and promotion_id != 'all'
),

sends as (
    select * from {{ ref('int_fairness_sends') }}
    where basis in ('outside', 'contacted')
),

reached as (

    select
        'contactable' as basis,
        customer_key,
        promotion_id,
        0 as message_count
    from selection

    union all

    select
        basis,
        customer_key,
        promotion_id,
        message_count
    from sends

),

-- whoever the policy aims at is told from the rest
judged as (

    select
        reached.basis,
        reached.promotion_id,
        people.profile,
        {{ policy_stratum('people.earlier_value_tier', 'targets.customer_key') }}
            as stratum,
        reached.message_count
    from reached
    inner join people on reached.customer_key = people.customer_key
    left join targets
        on
            reached.customer_key = targets.customer_key
            and reached.promotion_id = targets.promotion_id

),

final as (

    select
        promotion_id,
        basis,
        profile,
        stratum,
        cast(count(*) as bigint) as selected_count,
        cast(sum(message_count) as bigint) as message_count
    from judged
    group by promotion_id, basis, profile, stratum

)

select * from final
