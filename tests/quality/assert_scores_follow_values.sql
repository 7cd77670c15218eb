{#- Equal values have equal scores, and a better value never has a lower one. -#}
with

scores as (
    select * from {{ ref('int_customer_rfm_scores') }}
),

by_value as (

    select
        measure,
        measure_value,
        min(score) as lowest_score,
        max(score) as highest_score
    from scores
    group by measure, measure_value

),

compared as (

    select
        measure,
        measure_value,
        lowest_score,
        highest_score,
        lag(highest_score) over (
            partition by measure order by measure_value nulls last
        ) as score_of_worse_value
    from by_value

),

failures as (

    select *
    from compared
    where
        lowest_score != highest_score
        or lowest_score < score_of_worse_value
        or lowest_score < 1

)

select * from failures
