-- One row per promotion of the policy.
-- Is it stopped for unfairness? The only thing that decisions learn from the audit.
with

promotions as (
    select * from {{ ref('promotions') }}
),

verdicts as (
    select * from {{ ref('int_fairness_verdicts') }}
    where is_gate
),

exceptions as (
    select * from {{ ref('fairness_exceptions') }}
    where {{ send_date() }} between approved_date and expires_date
),

attributes as (

    select distinct
        promotion_id,
        attribute
    from verdicts
    where verdict = 'FAIL'

),

worst as (

    select
        promotion_id,
        {{ dbt.bool_or("verdict = 'FAIL'") }} as has_fail,
        {{ dbt.bool_or("verdict = 'WARN'") }} as has_warn,
        {{ dbt.bool_or("verdict = 'WATCH'") }} as has_watch,
        {{ dbt.bool_or("verdict = 'PASS'") }} as has_pass
    from verdicts
    group by promotion_id

),

failures as (

    select
        attributes.promotion_id,
        attributes.attribute,
        count(exceptions.promotion_id) > 0 as is_excepted
    from attributes
    left join exceptions
        on
            attributes.promotion_id = exceptions.promotion_id
            and exceptions.attribute in ('any', attributes.attribute)
    group by attributes.promotion_id, attributes.attribute

),

-- names attributes, not groups or numbers: those are for the audit
summed as (

    select
        promotion_id,
        count(case when not is_excepted then 1 end) as stopping_count,
        count(case when is_excepted then 1 end) as excepted_count,
        {{ dbt.listagg(
            "case when not is_excepted then attribute end", "', '", "order by attribute"
        ) }} as stopping_attributes
    from failures
    group by promotion_id

),

final as (

    select
        promotions.promotion_id,
        coalesce(summed.stopping_count > 0, false) as is_stopped,
        case
            when worst.has_fail then 'FAIL'
            when worst.has_warn then 'WARN'
            when worst.has_watch then 'WATCH'
            when worst.has_pass then 'PASS'
            else 'INSUFFICIENT'
        end as fairness_verdict,
        cast(coalesce(summed.stopping_count, 0) as int) as failed_attribute_count,
        cast(coalesce(summed.excepted_count, 0) as int) as excepted_attribute_count,
        'unfair by ' || summed.stopping_attributes || ' (audit.promotion_fairness)'
            as stop_reason
    from promotions
    left join worst on promotions.promotion_id = worst.promotion_id
    left join summed on promotions.promotion_id = summed.promotion_id

)

select * from final
