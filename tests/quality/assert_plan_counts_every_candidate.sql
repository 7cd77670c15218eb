{#- The plan's eligible customers are the candidates, and a go has some. -#}
with

candidates as (
    select count(*) as candidate_count from {{ ref('int_promotion_candidates') }}
),

plan as (

    select
        coalesce(sum(eligible_customer_count), 0) as eligible_count,
        count(*) filter (
            where (decision = 'go') != (eligible_customer_count > 0)
        ) as contradiction_count
    from {{ ref('segment_promotions') }}

),

failures as (

    select
        candidates.candidate_count,
        plan.eligible_count,
        plan.contradiction_count
    from candidates
    cross join plan
    where
        candidates.candidate_count != plan.eligible_count
        or plan.contradiction_count > 0

)

select * from failures
