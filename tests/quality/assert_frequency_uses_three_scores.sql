{#- With fewer, segments that differ in frequency stay empty. -#}
{{ config(severity='warn') }}

with

scores as (
    select * from {{ ref('int_customer_rfm_scores') }}
),

failures as (

    select
        count(distinct score) as score_count,
        'buyers differ too little in frequency: try rfm_scoring thresholds' as remedy
    from scores
    where measure = 'frequency'
    having count(distinct score) between 1 and 2

)

select * from failures
