{#- A promotion that fails for a group is selected for nobody, unless an exception for
    the attribute stands. Asked of the audit and the log, not of the gate. -#}
with

fairness as (
    select * from {{ ref('promotion_fairness') }}
    where verdict = 'FAIL' and is_gate
),

exceptions as (
    select * from {{ ref('fairness_exceptions') }}
    where {{ send_date() }} between approved_date and expires_date
),

decisions as (
    select * from {{ ref('customer_promotions') }}
    where is_selected or would_be_selected
),

unexcused as (

    select distinct
        fairness.promotion_id,
        fairness.attribute
    from fairness
    left join exceptions
        on
            fairness.promotion_id = exceptions.promotion_id
            and exceptions.attribute in ('any', fairness.attribute)
    where exceptions.promotion_id is null

),

failures as (

    select
        unexcused.promotion_id,
        unexcused.attribute,
        count(*) as selected_count
    from unexcused
    inner join decisions on unexcused.promotion_id = decisions.promotion_id
    group by unexcused.promotion_id, unexcused.attribute

)

select * from failures
