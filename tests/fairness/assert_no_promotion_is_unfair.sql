{{ config(severity='warn') }}
{#- Promotions stopped for a group tonight, or that fail and go on by exception:
    somebody has to look. The build goes on without the stopped ones. -#}
with

verdicts as (
    select * from {{ ref('int_promotion_verdicts') }}
),

failures as (

    select
        promotion_id,
        coalesce(stop_reason, 'goes on by exception (seed fairness_exceptions)') as what
    from verdicts
    where is_stopped or excepted_attribute_count > 0

)

select * from failures
