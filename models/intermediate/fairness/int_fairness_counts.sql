-- One row per promotion (or all), comparison, attribute, group and stratum.
-- How many of each group were eligible, and how many of them were selected?
with

decided as (
    select * from {{ ref('int_fairness_decided') }}
),

reached as (
    select * from {{ ref('int_fairness_reached') }}
),

population as (
    select * from {{ ref('int_fairness_population') }}
),

fairness_groups as (
    select * from {{ ref('int_fairness_groups') }}
),

facts as (

    select
        promotion_id,
        basis,
        profile,
        stratum,
        eligible_count,
        selected_count,
        capped_count,
        message_count
    from decided

    union all

    select
        promotion_id,
        basis,
        profile,
        stratum,
        eligible_count,
        0 as selected_count,
        capped_count,
        0 as message_count
    from population

    union all

    select
        promotion_id,
        basis,
        profile,
        stratum,
        0 as eligible_count,
        selected_count,
        0 as capped_count,
        message_count
    from reached

),

final as (

    select
        facts.promotion_id,
        facts.basis,
        fairness_groups.attribute,
        fairness_groups.group_name,
        facts.stratum,
        fairness_groups.is_pair,
        fairness_groups.has_unknown,
        cast(sum(facts.eligible_count) as bigint) as eligible_count,
        cast(sum(facts.selected_count) as bigint) as selected_count,
        cast(sum(facts.capped_count) as bigint) as capped_count,
        cast(sum(facts.message_count) as bigint) as message_count
    from facts
    inner join fairness_groups on facts.profile = fairness_groups.profile
    group by
        facts.promotion_id,
        facts.basis,
        fairness_groups.attribute,
        fairness_groups.group_name,
        facts.stratum,
        fairness_groups.is_pair,
        fairness_groups.has_unknown
    having sum(facts.eligible_count) > 0

)

select * from final
