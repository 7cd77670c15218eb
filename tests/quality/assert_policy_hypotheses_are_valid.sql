{#- Rows of hypotheses to correct. -#}
with

metrics as (
    select * from {{ ref('lift_metrics') }}
),

hypotheses as (
    select * from {{ ref('hypotheses') }}
),

failures as (

    select
        'hypotheses' as seed,
        hypotheses.hypothesis_id as row_key,
        'name a promotion, a segment (or all), a metric of lift_metrics and an owner'
            as remedy
    from hypotheses
    left join metrics on hypotheses.metric = metrics.metric
    where
        metrics.metric is null
        or hypotheses.promotion_id is null
        or hypotheses.segment is null
        or trim(coalesce(hypotheses.owner, '')) = ''

)

select * from failures
