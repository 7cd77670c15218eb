-- One row per promotion (or all), comparison, profile, stratum and discount depth.
-- Of those to whom the policy offered a promotion, tonight or before, who got it?
with

selection as (
    select * from {{ ref('int_fairness_selection') }}
),

sends as (
    select * from {{ ref('int_fairness_sends') }}
    where basis = 'opened'
),

people as (
    select * from {{ ref('int_fairness_people') }}
),

targets as (
    select * from {{ ref('int_promotion_candidates') }}
    where ineligible_reason is null
),

-- tonight everybody eligible is aimed at; earlier messages are compared by the value
-- that customers had before them, for a message may raise it
judged as (

    select
        'eligible' as basis,
        selection.promotion_id,
        people.profile,
        people.value_tier as stratum,
        selection.discount_depth,
        selection.is_selected,
        people.is_capped,
        0 as message_count
    from selection
    inner join people on selection.customer_key = people.customer_key

    union all

    select
        'opened' as basis,
        sends.promotion_id,
        people.profile,
        {{ policy_stratum('people.earlier_value_tier', 'targets.customer_key') }}
            as stratum,
        cast(0 as numeric(18, 4)) as discount_depth,
        sends.is_selected,
        people.is_capped,
        sends.message_count
    from sends
    inner join people on sends.customer_key = people.customer_key
    left join targets
        on
            sends.customer_key = targets.customer_key
            and sends.promotion_id = targets.promotion_id

),

final as (

    select
        promotion_id,
        basis,
        profile,
        stratum,
        discount_depth,
        cast(count(*) as bigint) as eligible_count,
        cast(count(case when is_selected then 1 end) as bigint) as selected_count,
        cast(count(case when is_capped then 1 end) as bigint) as capped_count,
        cast(sum(message_count) as bigint) as message_count
    from judged
    group by promotion_id, basis, profile, stratum, discount_depth

)

select * from final
